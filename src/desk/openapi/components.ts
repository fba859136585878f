import * as z from '../../model/zod.ts';
import type { Reference, ResponseObject, Schema } from './document.ts';

/** What is said once in a document and referred to from elsewhere. */
export interface Components {
  readonly schemas: Record<string, Schema>;
  readonly responses: Record<string, ResponseObject>;
  /** A schema as what is sent or what is answered has to be. Those with an id are components. */
  readonly schema: (schema: z.ZodMiniType, io: 'input' | 'output') => Schema;
  /** A response of that name, made when it is first wanted. */
  readonly response: (name: string, make: () => ResponseObject) => Reference;
}

export const openComponents = (): Components => {
  const schemas: Record<string, Schema> = {};
  const responses: Record<string, ResponseObject> = {};
  return {
    schemas,
    responses,
    schema: (schema, io) => {
      // As a member of something, a schema with an id becomes a reference as well.
      const made = z.toJSONSchema(z.object({ it: schema }), { io, override: tidy });
      const { properties, $defs = {} } = moved(made);
      Object.assign(schemas, $defs);
      return properties.it;
    },
    response: (name, make) => {
      responses[name] ??= make();
      return { $ref: `#/components/responses/${name}` };
    },
  };
};

interface Made {
  readonly properties: { readonly it: Schema };
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** With references as a document of OpenAPI has them. */
const moved = (made: object): Made =>
  JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')) as Made;

interface Overridden {
  readonly zodSchema: z.core.$ZodTypes;
  readonly jsonSchema: z.core.JSONSchema.BaseSchema;
}

/** Leaves out what nobody reads: how a time is matched, how far a double counts, that names are texts. */
const tidy = ({ zodSchema, jsonSchema }: Overridden): void => {
  // Of a schema that transforms what is sent, zod takes an example for what comes out of it; ours are what is sent.
  const { examples } = z.globalRegistry.get(zodSchema) ?? {};
  if (Array.isArray(examples)) jsonSchema.examples = examples;
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  delete jsonSchema.propertyNames;
};
