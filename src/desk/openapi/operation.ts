import * as z from 'zod';
import type {
  ZodOpenApiOperationObject,
  ZodOpenApiParameters,
  ZodOpenApiRequestBodyObject,
  ZodOpenApiResponseObject,
} from 'zod-openapi';
import type { AnswerSpec, Operation } from '../operation.ts';
import { headersOf } from './headers.ts';
import { type RefusalAnswers, reasonsOf } from './refusals.ts';
import { SECURITY } from './security.ts';

/** One operation, as OpenAPI writes it. */
export const describedOperation = (
  operation: Operation,
  refused: RefusalAnswers,
): ZodOpenApiOperationObject => {
  const { operationId, tag, summary, description, door, answers } = operation;
  const body = bodyOf(operation);
  const answered = Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)]);
  return {
    ...{ operationId, summary, tags: [tag], security: [...SECURITY[door.security]] },
    ...(description === undefined ? {} : { description }),
    requestParams: parametersOf(operation),
    ...(body === null ? {} : { requestBody: body }),
    responses: merged(refused(reasonsOf(operation)), Object.fromEntries(answered)),
  };
};

/** Of the owner that an operator names: no operation but the door reads it. */
const USER_ID = z.string().meta({ description: 'A user, a member or an organisation, by its id at Stytch' });

const parametersOf = ({ path, params, query, headers }: Operation): ZodOpenApiParameters => {
  const named = [...path.matchAll(/\{([a-z_]+)\}/g)].map(([, name = '']) => name);
  const said = Object.entries(headers).map(([name, description]) => [
    name,
    z.string().optional().meta({ description }),
  ]);
  const parameters = {
    path: z.object(
      Object.fromEntries(named.map((name) => [name, (params.shape[name] as z.ZodType) ?? USER_ID])),
    ),
    query,
    header: z.object(Object.fromEntries(said)),
  };
  const some = Object.entries(parameters).filter(([, { shape }]) => Object.keys(shape).length > 0);
  return Object.fromEntries(some);
};

const bodyOf = ({ body, message }: Operation): ZodOpenApiRequestBodyObject | null => {
  const schema = body ?? message;
  return schema === undefined ? null : { required: true, content: { 'application/json': { schema } } };
};

const answerOf = ({ description, body, contentType, headers = {} }: AnswerSpec): ZodOpenApiResponseObject => {
  const type = contentType ?? (body === undefined ? null : 'application/json');
  return {
    description,
    headers: headersOf(headers),
    ...(type === null ? {} : { content: { [type]: { schema: body ?? { type: 'string' } } } }),
  };
};

/** A status may tell of a refusal or be an answer of another type: then it is both. */
const merged = (
  refused: Readonly<Record<string, ZodOpenApiResponseObject>>,
  answered: Readonly<Record<string, ZodOpenApiResponseObject>>,
): Record<string, ZodOpenApiResponseObject> => {
  const both = Object.entries(answered).map(([status, answer]) => {
    const refusal = refused[status];
    if (refusal === undefined) return [status, answer];
    const description = `${answer.description}. ${refusal.description}`;
    return [status, { ...answer, description, content: { ...answer.content, ...refusal.content } }];
  });
  return { ...refused, ...Object.fromEntries(both) };
};
