/**
 * Runs the work, or joins the same work that is under way. Promises may be shared within one Durable Object, as they may
 * not between requests of a Worker.
 */
export type Join = <T>(
  name: string,
  work: () => Promise<T>,
) => { readonly joined: boolean; readonly value: Promise<T> };

export const openJoins = (): Join => {
  const running = new Map<string, Promise<unknown>>();
  return <T>(name: string, work: () => Promise<T>) => {
    const present = running.get(name) as Promise<T> | undefined;
    if (present !== undefined) return { joined: true, value: present };
    const value = work().finally(() => running.delete(name));
    running.set(name, value);
    return { joined: false, value };
  };
};
