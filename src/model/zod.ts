import { config } from 'zod/mini';
import en from 'zod/v4/locales/en.js';

// What is wrong with a value is said in English; zod's small form has no words of its own.
config(en());

/** zod in the form whose checks are functions: what nobody calls is not in the Worker. */
export * from 'zod/mini';
