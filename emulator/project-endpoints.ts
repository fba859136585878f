import type { Call } from './endpoint.ts';
import type { Json } from './json.ts';
import { publicKeys } from './keys.ts';
import { isRefusal, type Result, refuse, succeed } from './result.ts';
import { NO_TEMPLATE, readTemplate, writeTemplate } from './template-store.ts';

/** `GET /v1/debug/whoami` */
export const whoami = ({ project }: Call): Result => succeed({ project_id: project.id, name: project.name });

/** The JWKS, the same at each of its paths; nobody needs to authenticate. */
export const getJwks = ({ project, params }: Call): Result => {
  if (params.project_id !== undefined && params.project_id !== project.id) return refuse('project_not_found');
  return succeed({ keys: publicKeys(project) as unknown as Json });
};

/** `GET …/environments/{environment_slug}` of the Management API. */
export const getEnvironment = ({ project }: Call): Result =>
  succeed({
    environment: {
      ...{ environment_slug: project.slugs.environment, project_slug: project.slugs.project },
      ...{ name: project.name, project_id: project.id, type: project.environment.toUpperCase() },
    },
  });

/** `GET …/jwt_templates/M2M` of the Management API. */
export const getTemplate = ({ project, switches }: Call): Result => {
  const stored = readTemplate(project);
  if (stored === null && switches.unsetTemplate === 'not_found') return refuse('jwt_template_not_found');
  return succeed({ jwt_template: { ...(stored ?? NO_TEMPLATE), jwt_template_type: 'M2M' } });
};

/** `PUT …/jwt_templates/M2M` of the Management API. */
export const putTemplate = ({ project, switches, body }: Call): Result => {
  const stored = writeTemplate(project, switches, body);
  if (isRefusal(stored)) return stored;
  return succeed({ jwt_template: { ...stored, jwt_template_type: 'M2M' } });
};
