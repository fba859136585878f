import { isObject, type Json, type JsonObject } from './json.ts';
import { isRefusal, type Refusal, refuse } from './result.ts';
import type { Switches } from './switches.ts';

/** Claims that no template may set. */
export const REGISTERED = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'scope'] as const;

/** A template's text, parsed: JSON in which some strings stand for variables. */
export type Template = {
  readonly shape: JsonObject;
  readonly variables: ReadonlyMap<string, readonly string[]>;
};

const MAXIMUM_BYTES = 4096;
const MARK = '\u0000';

/** Parses a custom-claims template: a JSON object whose values may be `{{ a.b }}` without quotes. */
export const parseTemplate = (text: string, switches: Switches): Template | Refusal => {
  if (new TextEncoder().encode(text).length > MAXIMUM_BYTES) {
    return refuse('jwt_template_invalid_json', 'The JWT template is larger than 4 KB.');
  }
  const marked = markVariables(text, switches);
  if (isRefusal(marked)) return marked;
  const shape = parse(marked.text);
  if (!isObject(shape) || hasVariableKey(shape)) return refuse('jwt_template_invalid_json');
  const registered = REGISTERED.find((claim) => Object.hasOwn(shape, claim));
  if (registered !== undefined && switches.reservedTemplateClaims === 'refused') {
    return refuse('jwt_template_invalid_json', `The JWT template sets the registered claim ${registered}.`);
  }
  return { shape, variables: marked.variables };
};

/** Fills a template in; what is missing or null leaves its claim out, and no registered claim is ever set. */
export const render = ({ shape, variables }: Template, values: JsonObject): JsonObject => {
  const claims = fill(shape, (mark) => lookUp(values, variables.get(mark) ?? []));
  if (!isObject(claims)) return {};
  return Object.fromEntries(
    Object.entries(claims).filter(([claim]) => !REGISTERED.some((registered) => registered === claim)),
  );
};

/** Strings with their escapes, then tags, then what is left: the tokens that matter here. */
const TOKENS = /"(?:[^"\\]|\\.)*"|\{\{([^{}]*)\}\}|\{\{/g;

type Marked = { readonly text: string; readonly variables: ReadonlyMap<string, readonly string[]> };

const markVariables = (text: string, switches: Switches): Marked | Refusal => {
  const variables = new Map<string, readonly string[]>();
  let problem: Refusal | null = null;
  const marked = text.replaceAll(TOKENS, (token, tag: string | undefined) => {
    if (token.startsWith('"')) {
      if (token.includes('{{') || token.includes('\\u0000')) problem ??= refuse('jwt_template_invalid_tag');
      return token;
    }
    if (tag === undefined) problem ??= refuse('jwt_template_mismatched_tag');
    const path = (tag ?? '').trim().split('.');
    if (tag !== undefined && !isVariable(path, switches)) problem ??= refuse('jwt_template_invalid_tag');
    const mark = `${MARK}${variables.size}`;
    variables.set(mark, path);
    return JSON.stringify(mark);
  });
  return problem ?? { text: marked, variables };
};

const isVariable = (path: readonly string[], switches: Switches): boolean => {
  if (!path.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return false;
  if (path[0] === 'request') return path.length > 1;
  if (path[0] !== 'client' || path.length < 2) return false;
  return switches.clientTemplateVariables === 'all' || path[1] === 'trusted_metadata';
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (err) {
    if (err instanceof SyntaxError) return null;
    throw err;
  }
};

const hasVariableKey = (value: Json | undefined): boolean => {
  if (Array.isArray(value)) return value.some(hasVariableKey);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, inner]) => key.startsWith(MARK) || hasVariableKey(inner));
};

const fill = (value: Json | undefined, variable: (mark: string) => Json | undefined): Json | undefined => {
  if (typeof value === 'string') return value.startsWith(MARK) ? variable(value) : value;
  if (Array.isArray(value)) {
    return value.map((entry) => fill(entry, variable)).filter((entry) => entry !== undefined);
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, fill(inner, variable)] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
};

const lookUp = (values: JsonObject, path: readonly string[]): Json | undefined => {
  let value: Json | undefined = values;
  for (const part of path) {
    value = isObject(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  return value ?? undefined;
};
