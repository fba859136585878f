/** One Worker of a `serve`. */
export interface ServiceOptions {
  readonly name: string;
  /** The Worker as one ES module; see `bundle`. */
  readonly script: string;
  /** Variables and secrets, as text. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** Names of KV bindings; services that name the same one share the namespace. */
  readonly kv?: readonly string[];
  /** The classes this Worker exports and how it calls them; with `shareDurableObjectsOf`, those of the other Worker. */
  readonly durableObjects?: readonly DurableObject[];
  /** Binds `durableObjects` to the objects of another service, which runs them in its own isolate. */
  readonly shareDurableObjectsOf?: string;
  /** Rate-limit bindings; each service counts by itself. */
  readonly rateLimits?: readonly RateLimit[];
  /** Binding name to service name. */
  readonly serviceBindings?: Readonly<Record<string, string>>;
  /** The service that gets what this one fetches; without it, the network. */
  readonly globalOutbound?: string;
  /** The port to listen on, 0 for any free one; without it the service is reached by bindings only. */
  readonly socket?: number;
  readonly compatibilityDate?: string;
}

/** A Durable Object class; `uniqueKey` names its folder on disk and defaults to the class's name. */
export interface DurableObject {
  readonly binding: string;
  readonly className: string;
  readonly uniqueKey?: string;
}

/** So many calls of a key in each period, as `ratelimits` in a wrangler.toml. */
export interface RateLimit {
  readonly binding: string;
  readonly limit: number;
  readonly periodSeconds: number;
}

/** The name of the module behind rate-limit bindings. */
const RATE_LIMIT = 'latchkey-serve:rate-limit';

/** The name of the service behind a KV binding. */
export const kvServiceName = (binding: string): string => `kv:${binding}`;

/**
 * The configuration of one workerd, with the flags of wrangler.toml, as Cap'n Proto text. Scripts are `embed`ded from the file that `fileOf` names;
 * `state` is the
 * folder of the Durable Objects: those in workerd's memory would have no SQL. `rateLimitFile` is rate-limit.ts.
 */
export const capnp = (
  services: readonly ServiceOptions[],
  fileOf: (service: ServiceOptions) => string,
  state: string,
  rateLimitFile: string,
  v8Flags: readonly string[],
): string => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${list(...v8Flags.map(text))},
  services = ${list(
    `(name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true)))`,
    `(name = "state", disk = (path = ${text(state)}, writable = true))`,
    ...services.map((service) => worker(service, fileOf(service))),
  )},
  sockets = ${list(...services.filter(({ socket }) => socket !== undefined).map(socketOf))},
  extensions = [(modules = [(
    name = ${text(RATE_LIMIT)}, internal = true, esModule = embed ${text(rateLimitFile)},
  )])],
);
`;

const worker = (service: ServiceOptions, file: string): string => `(
    name = ${text(service.name)},
    worker = (
      modules = [(name = "worker.js", esModule = embed ${text(file)})],
      compatibilityDate = ${text(service.compatibilityDate ?? '2026-10-01')},
      compatibilityFlags = ["enable_request_signal"],
      globalOutbound = ${text(service.globalOutbound ?? 'internet')},
      bindings = ${list(...bindingsOf(service))},
      durableObjectNamespaces = ${list(...namespacesOf(service))},
      durableObjectStorage = (localDisk = "state"),
    ),
  )`;

const bindingsOf = (service: ServiceOptions): readonly string[] => [
  ...Object.entries(service.bindings ?? {}).map(([name, value]) => binding(name, `text = ${text(value)}`)),
  ...(service.kv ?? []).map((name) => binding(name, `kvNamespace = ${text(kvServiceName(name))}`)),
  ...Object.entries(service.serviceBindings ?? {}).map(([name, other]) =>
    binding(name, `service = ${text(other)}`),
  ),
  ...(service.rateLimits ?? []).map(({ binding: name, limit, periodSeconds }) =>
    binding(
      name,
      `wrapped = (moduleName = ${text(RATE_LIMIT)}, innerBindings = ${list(
        binding('limit', `json = "${limit}"`),
        binding('periodSeconds', `json = "${periodSeconds}"`),
      )})`,
    ),
  ),
  ...(service.durableObjects ?? []).map((object) =>
    binding(object.binding, `durableObjectNamespace = ${designator(service, object)}`),
  ),
];

const designator = ({ shareDurableObjectsOf }: ServiceOptions, { className }: DurableObject): string =>
  shareDurableObjectsOf === undefined
    ? text(className)
    : `(className = ${text(className)}, serviceName = ${text(shareDurableObjectsOf)})`;

const namespacesOf = ({ shareDurableObjectsOf, durableObjects = [] }: ServiceOptions): readonly string[] =>
  shareDurableObjectsOf !== undefined
    ? []
    : durableObjects.map(
        ({ className, uniqueKey = className }) =>
          `(className = ${text(className)}, uniqueKey = ${text(uniqueKey)}, enableSql = true)`,
      );

const socketOf = ({ name, socket }: ServiceOptions): string =>
  `(name = ${text(name)}, address = "127.0.0.1:${socket}", http = (), service = ${text(name)})`;

const binding = (name: string, value: string): string => `(name = ${text(name)}, ${value})`;

const list = (...items: readonly string[]): string => `[${items.map((item) => `\n    ${item},`).join('')}]`;

/** A Cap'n Proto text literal: C escapes, UTF-8 as it is. */
const text = (value: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped.
  `"${value.replace(/["\\\u0000-\u001f\u007f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
