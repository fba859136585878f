/** One moment of a process: what ran, the innermost first, each with the file that it is of. */
export type Stack = readonly Frame[];

interface Frame {
  readonly name: string;
  readonly file: string;
}

/** The stacks in what `perf script` prints: a line for each frame, and an empty one after each stack. */
export const stacksOf = (text: string): readonly Stack[] =>
  text
    .split('\n\n')
    .map((block) => block.split('\n').flatMap(frameOf))
    .filter((stack) => stack.length > 0);

/** `    55c3cd3e934c JS:*forward worker.js:5939:37+0x40c (/tmp/perf-1.map)` */
const frameOf = (line: string): readonly Frame[] => {
  const [, name, file] = /^\s+[0-9a-f]+ (.*?)(?:\+0x[0-9a-f]+)? \(([^()]*)\)$/.exec(line) ?? [];
  return name === undefined || file === undefined ? [] : [{ name, file }];
};

const isKernel = ({ file }: Frame): boolean => file.startsWith('[kernel');

/** What a whole stack is booked as, whatever else is in it; the first that is true. */
const WHOLE: readonly (readonly [place: string, is: (stack: Stack) => boolean])[] = [
  ['the kernel: network', kernel(/tcp|inet|sock_|skb|net_rx|ip_/)],
  ['the kernel: a file, which is the log', kernel(/ext4|xfs|btrfs|overlay|generic_perform_write/)],
  ['the kernel: the rest', kernel(/./)],
  [
    'garbage collection',
    anywhere(/CollectGarbage|Scavenge|MarkCompact|ConcurrentMark|^cppgc::|Sweep|HeapTracer/),
  ],
  ['the compiler', anywhere(/^v8::internal::.*(?:Compil|Turboshaft|maglev::)/)],
];

/** What else is booked by the innermost frame of which one of these is true. */
const FRAMES: readonly (readonly [place: string, is: RegExp])[] = [
  ['Headers, in the runtime', /^(?:workerd::api::Headers|kj::HttpHeaders)|workerd3api7Headers/],
  ['timers, in the runtime', /^(?:workerd::.*Time|kj::Timer)|setTimeout|clearTimeout/],
  ['console.log, in the runtime', /^workerd::.*(?:handleLog|logMessage)|ConsoleMessage/],
  ['fetch, Request and Response, in the runtime', /^workerd::api::|workerd3api/],
  ['JavaScript: compiled', /^JS:/],
  ['JavaScript: built into V8', /^Builtins_/],
  ['the runtime between JavaScript and C++', /^workerd::jsg::|workerd3jsg/],
  ['the runtime: a request as a whole', /^workerd::/],
  ['HTTP and events of the runtime', /^(?:kj|tokio|hyper|<?tokio|kj_rs)/],
];

const REST = 'the rest';

function kernel(pattern: RegExp) {
  return (stack: Stack): boolean =>
    stack[0] !== undefined &&
    isKernel(stack[0]) &&
    stack.some((frame) => isKernel(frame) && pattern.test(frame.name));
}

function anywhere(pattern: RegExp) {
  return (stack: Stack): boolean => stack.some(({ name }) => pattern.test(name));
}

const placeOf = (stack: Stack): string => {
  const whole = WHOLE.find(([, is]) => is(stack));
  if (whole !== undefined) return whole[0];
  for (const { name } of stack) {
    const frame = FRAMES.find(([, is]) => is.test(name));
    if (frame !== undefined) return frame[0];
  }
  return REST;
};

/** A name and its share of all stacks, from 0 to 1. */
export type Share = readonly [name: string, share: number];

/** Every stack booked at one place: the shares add up to 1. */
export const byPlace = (stacks: readonly Stack[]): readonly Share[] =>
  shares(stacks.map((stack) => [placeOf(stack)]));

/** For each function of the Worker, how often it or what it called was running: a caller's share holds those of what it calls. */
export const byFunction = (stacks: readonly Stack[]): readonly Share[] =>
  shares(stacks.map((stack) => [...new Set(stack.flatMap(({ name }) => functionOf(name)))]));

/** V8 puts a mark for the tier of its compiler before the name: `JS:*forward worker.js:5317:55`. */
const functionOf = (name: string): readonly string[] => {
  const [, called] = /^JS:[~^+*']*([\w$.]+) \S*:\d+:\d+$/.exec(name) ?? [];
  return called === undefined ? [] : [called];
};

const shares = (names: readonly (readonly string[])[]): readonly Share[] => {
  const counts = new Map<string, number>();
  for (const name of names.flat()) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, count]): Share => [name, count / names.length])
    .sort(([, a], [, b]) => b - a);
};

/** Two tables of Markdown. `micros` is the CPU of a request, in microseconds. */
export const profileText = (stacks: readonly Stack[], micros: number): string =>
  [
    table('where', byPlace(stacks), micros),
    table('function, with all that it calls', byFunction(stacks).slice(0, 30), micros),
  ].join('\n\n');

const LEAST_SHARE = 0.005;

const table = (heading: string, all: readonly Share[], micros: number): string =>
  [
    `| ${heading} | share | µs |`,
    '|---|--:|--:|',
    ...all
      .filter(([, share]) => share >= LEAST_SHARE)
      .map(([name, share]) => `| ${name} | ${(share * 100).toFixed(1)} % | ${(share * micros).toFixed(1)} |`),
  ].join('\n');
