import * as z from '../../model/zod.ts';
import { type AnswerSpec, isOAuth, type Operation } from '../operation.ts';
import type { Components } from './components.ts';
import type { OperationObject, Parameter, ResponseObject } from './document.ts';
import { header, REQUEST_ID } from './headers.ts';
import { refusalOf, refused } from './refusals.ts';
import { SECURITY } from './security.ts';

/** One operation, as OpenAPI writes it. */
export const describedOperation = (operation: Operation, components: Components): OperationObject => {
  const { operationId, tag, summary, description, door, answers } = operation;
  const body = operation.body ?? operation.message;
  const answered = Object.entries(answers).map(([status, answer]) => [
    status,
    answerOf(answer, Number(status), operation, components),
  ]);
  return {
    ...{ operationId, summary, tags: [tag], security: SECURITY[door.security] },
    ...(description === undefined ? {} : { description }),
    parameters: parametersOf(operation, components),
    ...(body === undefined ? {} : { requestBody: bodyOf(operation, body, components) }),
    responses: { ...refused(operation, components), ...Object.fromEntries(answered) },
  };
};

/** Of the owner that an operator names: no operation but the door reads it. */
const USER_ID = z
  .string()
  .check(z.meta({ description: 'A user, a member or an organisation, by its id at Stytch' }));

const parametersOf = (
  { path, params, query, headers }: Operation,
  components: Components,
): readonly Parameter[] => {
  const parameter = (name: string, where: Parameter['in'], schema: z.ZodMiniType): Parameter => {
    const { description, ...said } = components.schema(schema, 'input');
    const required = where === 'path' || !schema.safeParse(undefined).success;
    return {
      ...{ name, in: where, required, schema: said },
      ...(description === undefined ? {} : { description }),
    };
  };
  const named = [...path.matchAll(/\{([a-z_]+)\}/g)].map(([, name = '']) => name);
  return [
    ...named.map((name) => parameter(name, 'path', (params.shape[name] as z.ZodMiniType) ?? USER_ID)),
    ...Object.entries(query.shape).map(([name, schema]) => parameter(name, 'query', schema as z.ZodMiniType)),
    ...Object.entries(headers).map(([name, description]) =>
      parameter(name, 'header', z.optional(z.string()).check(z.meta({ description }))),
    ),
  ];
};

const bodyOf = ({ path }: Operation, body: z.ZodMiniType, components: Components) => {
  const type = isOAuth(path) ? 'application/x-www-form-urlencoded' : 'application/json';
  return { required: true as const, content: { [type]: { schema: components.schema(body, 'input') } } };
};

/** A status may be an answer for one and a refusal for another: then it is of both types. */
const answerOf = (
  { description, body, contentType, headers = {} }: AnswerSpec,
  status: number,
  operation: Operation,
  components: Components,
): ResponseObject => {
  const type = contentType ?? (body === undefined ? null : 'application/json');
  const schema = body === undefined ? { type: 'string' } : components.schema(body, 'output');
  const refusal = refusalOf(operation, status);
  const said = Object.entries(headers).map(([name, text]) => [name, header(text)]);
  return {
    description: refusal === null ? description : `${description}. ${refusal.description}`,
    headers: { ...REQUEST_ID, ...Object.fromEntries(said) },
    ...(type === null && refusal === null
      ? {}
      : { content: { ...(type === null ? {} : { [type]: { schema } }), ...refusal?.content } }),
  };
};
