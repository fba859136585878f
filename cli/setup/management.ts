import { isLoopback } from '../../src/config/hosts.ts';
import { isRecord } from '../../src/config/variables.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';

/** Stytch's Management API, as far as `setup` needs it: one environment of one project. */
export interface Management {
  /** The id of the project that the slugs name. */
  readonly projectId: () => Promise<Result<string, string>>;
  /** The template of M2M tokens; null where there is none. */
  readonly template: () => Promise<Result<Template | null, string>>;
  readonly setTemplate: (template: Template) => Promise<Result<null, string>>;
}

export interface Template {
  readonly content: string;
  readonly audience: string;
}

/** Who asks, and for which environment. */
export interface Access {
  readonly keyId: string;
  readonly keySecret: string;
  readonly project: string;
  readonly environment: string;
  readonly url: string;
}

export const MANAGEMENT_URL = 'https://management.stytch.com';

const DEADLINE_MS = 15_000;

/** A URL to which the workspace's key may go: over TLS, or to this machine. */
export const isManagementUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, host } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(host));
};

/** Opens it (STYTCH.md section 3: `/pwa/v3`, Basic with the workspace's key). */
export const openManagement = (access: Access): Management => {
  const path = `/pwa/v3/projects/${encodeURIComponent(access.project)}/environments/${encodeURIComponent(access.environment)}`;
  const templatePath = `${path}/jwt_templates/M2M`;
  return {
    projectId: async () => {
      const answer = await call(access, 'GET', path);
      if (!answer.ok) return answer;
      const { environment } = answer.value.body;
      return answer.value.status === 200 &&
        isRecord(environment) &&
        typeof environment.project_id === 'string'
        ? ok(environment.project_id)
        : err(said(answer.value, 'project and environment'));
    },
    template: async () => {
      const answer = await call(access, 'GET', templatePath);
      if (!answer.ok) return answer;
      const { status, body } = answer.value;
      if (status === 404 && body.error_type === 'jwt_template_not_found') return ok(null);
      const { jwt_template: template } = body;
      if (status !== 200 || !isRecord(template) || typeof template.template_content !== 'string')
        return err(said(answer.value, 'claims template'));
      const { template_content: content, custom_audience: audience } = template;
      return ok({ content, audience: typeof audience === 'string' ? audience : '' });
    },
    setTemplate: async ({ content, audience }) => {
      const body = { template_content: content, custom_audience: audience };
      const answer = await call(access, 'PUT', templatePath, body);
      if (!answer.ok) return answer;
      return answer.value.status === 200 ? ok(null) : err(said(answer.value, 'claims template'));
    },
  };
};

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

const call = async (
  { url, keyId, keySecret }: Access,
  method: 'GET' | 'PUT',
  path: string,
  body?: Readonly<Record<string, string>>,
): Promise<Result<Answer, string>> => {
  try {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`${keyId}:${keySecret}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // A key follows nobody elsewhere.
      redirect: 'manual',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const value: unknown = await response.json();
    return ok({ status: response.status, body: isRecord(value) ? value : {} });
  } catch (error) {
    if (error instanceof Error)
      return err(`Stytch's Management API at ${new URL(url).host} does not answer: ${error.name}`);
    throw error;
  }
};

/** Stytch's own words, as its error envelope has them. */
const said = ({ status, body }: Answer, what: string): string => {
  const words = [body.error_type, body.error_message].filter((word) => typeof word === 'string').join(': ');
  const advice =
    status === 401
      ? ' (is the workspace key right, STYTCH_WORKSPACE_KEY_ID and STYTCH_WORKSPACE_KEY_SECRET?)'
      : '';
  return `Stytch's Management API on the ${what}: ${status} ${words || 'not known'}${advice}`;
};
