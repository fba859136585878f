import { EXIT, type Failure, failed } from './outcome.ts';

/** Where the user is. What is asked for goes to stdout, so that it can be piped; all that is about it, to stderr. */
export interface Terminal {
  readonly write: (text: string) => void;
  readonly say: (line: string) => void;
  /** Aborted by Ctrl-C, and by the other signals that end a process. */
  readonly interrupted: AbortSignal;
}

export const openTerminal = (): Terminal => {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
  return {
    write: (text) => void process.stdout.write(text),
    say: (line) => void process.stderr.write(`${line}\n`),
    interrupted: controller.signal,
  };
};

/** How something ends that may end anywhere: when the user wants it. */
export const whenInterrupted = ({ interrupted }: Terminal, problem: string): Promise<Failure> =>
  new Promise((resolve) => {
    const end = (): void => resolve(failed(problem, EXIT.interrupted));
    if (interrupted.aborted) end();
    else interrupted.addEventListener('abort', end, { once: true });
  });

/** Text of a server as it may be shown: no control character gets to move the cursor or colour a lie. */
export const shown = (text: string): string => text.replaceAll(/\p{Cc}/gu, '�').slice(0, 500);
