import type { Call } from './endpoint.ts';

/** `stytch.com/<project_id>` without a scheme; over a custom domain, the URL that the caller used. */
export const issuer = ({
  project,
  switches,
  origin,
}: Pick<Call, 'project' | 'switches' | 'origin'>): string =>
  switches.issuer === 'base_url' ? origin : `stytch.com/${project.id}`;
