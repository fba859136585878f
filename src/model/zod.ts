import { config, type output, ZodMiniCatch, type ZodMiniType } from 'zod/mini';
import en from 'zod/v4/locales/en.js';

// What is wrong with a value is said in English; zod's small form has no words of its own.
config(en());

/** zod in the form whose checks are functions: what nobody calls is not in the Worker. */
export * from 'zod/mini';

/** Takes what does not fit for another value. The small form's own has all of zod's tools in its way to one of them, 8 kB. */
const or = <S extends ZodMiniType>(schema: S, other: output<S>): ZodMiniCatch<S> =>
  new ZodMiniCatch({ type: 'catch', innerType: schema, catchValue: () => other }) as ZodMiniCatch<S>;

export { or as catch };
