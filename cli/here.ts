const HERE: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a host is on this machine: it may be asked as fast as it answers, and without TLS. */
export const isHere = ({ hostname }: URL): boolean => HERE.includes(hostname);
