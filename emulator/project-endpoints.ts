import type { Call } from './endpoint.ts';
import type { Json } from './json.ts';
import { publicKeys } from './keys.ts';
import { isRefusal, type Result, refuse, succeed } from './result.ts';
import { readTemplate, writeTemplate } from './template-store.ts';

/** `GET /v1/debug/whoami` */
export const whoami = ({ project }: Call): Result => succeed({ project_id: project.id, name: project.name });

/** The JWKS, the same at each of its paths; nobody needs to authenticate. */
export const getJwks = ({ project, params }: Call): Result => {
  if (params.project_id !== undefined && params.project_id !== project.id) return refuse('project_not_found');
  return succeed({ keys: publicKeys(project) as unknown as Json });
};

/** `GET …/jwt_templates/M2M` of the Management API. */
export const getTemplate = ({ project }: Call): Result =>
  succeed({ jwt_template: { ...readTemplate(project), jwt_template_type: 'M2M' } });

/** `PUT …/jwt_templates/M2M` of the Management API. */
export const putTemplate = ({ project, switches, body }: Call): Result => {
  const stored = writeTemplate(project, switches, body);
  if (isRefusal(stored)) return stored;
  return succeed({ jwt_template: { ...stored, jwt_template_type: 'M2M' } });
};
