/**
 * Makes formats, each when it is first used and never again. To make one costs a hundred times what it costs to use it, and a
 * list has hundreds of times; the first of an isolate costs twenty milliseconds, which a request to an API host must not wait
 * for: none is made as the Worker starts.
 */
export const kept = <Spec extends readonly unknown[], Format>(make: (...spec: Spec) => Format) => {
  const made = new Map<string, Format>();
  return (...spec: Spec): Format => {
    const name = spec.join();
    const format = made.get(name) ?? make(...spec);
    made.set(name, format);
    return format;
  };
};
