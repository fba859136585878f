import { fork } from 'node:child_process';
import { once } from 'node:events';

/** An origin in a process of its own, which listens on a port and answers what it is asked by messages. */
export interface OriginChild extends Disposable {
  readonly pid: number;
  readonly port: number;
  readonly tell: (message: object) => void;
  /** Its next message is the answer. Fails when it ends. */
  readonly ask: <T>(question: string | object) => Promise<T>;
}

/** Starts one, by the path of its program, and waits until it listens; it ends with us. */
export const startOriginChild = async (path: string): Promise<OriginChild> => {
  const child = fork(path, { execArgv: [] });
  const gone = new AbortController();
  child.once('exit', () => gone.abort(new Error('the origin ended')));
  const answer = async <T>(): Promise<T> => {
    const [message] = await once(child, 'message', { signal: gone.signal });
    return message as T;
  };
  const { port } = await answer<{ readonly port: number }>();
  return {
    pid: child.pid ?? -1,
    port,
    tell: (message) => void child.send(message),
    ask: <T>(question: string | object) => {
      const answered = answer<T>();
      child.send(question);
      return answered;
    },
    [Symbol.dispose]: () => {
      if (child.connected) child.disconnect();
    },
  };
};
