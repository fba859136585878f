/** What the log is told of a bug. The stack names our own files and lines; a message could quote what was presented. */
export const failureFields = (error: unknown): { readonly error: string; readonly stack: string } => ({
  error: error instanceof Error ? error.name : 'unknown',
  stack: error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 6).join(' | ') : '',
});
