/** One Worker of a `serve`. */
export interface ServiceOptions {
  readonly name: string;
  /** The Worker as one ES module; see `bundle`. */
  readonly script: string;
  /** Other modules that the script imports, by name: `./worker.js`. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Variables and secrets, as text. */
  readonly bindings?: Readonly<Record<string, string>>;
  /** Names of variables that workerd's own environment has: their values are in no file. */
  readonly fromEnvironment?: readonly string[];
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
  /** The name of a binding to Analytics Engine, and the service that gets its points. workerd calls it experimental. */
  readonly analytics?: { readonly binding: string; readonly service: string };
  /** The service that is told of each request while it lasts: a streaming tail Worker. workerd calls it experimental. */
  readonly recordedBy?: string;
  /** The service that gets what this one fetches; without it, the network. */
  readonly globalOutbound?: string;
  /** The port to listen on, 0 for any free one; without it the service is reached by bindings only. */
  readonly socket?: number;
  /** Places to listen on besides, by name. */
  readonly listening?: Readonly<Record<string, Listening>>;
  readonly compatibilityDate?: string;
  readonly compatibilityFlags?: readonly string[];
}

/** A place where a Worker is asked. */
export interface Listening {
  /** `0.0.0.0:8787`, `[::1]:443`, `unix:/run/latchkey.sock`. */
  readonly address: string;
  /** Which of the script's exports answers; without it, the default one. */
  readonly entrypoint?: string;
  /** PEM files; without them, there is no TLS. */
  readonly tls?: { readonly certificate: string; readonly key: string } | null;
  /** The header that says by which scheme a proxy was asked. It is taken out, and believed. */
  readonly schemeHeader?: string | null;
  /** Headers that are taken out before anybody sees them. */
  readonly without?: readonly string[];
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

/** Whether a service has something that workerd has to be told to allow. */
export const isExperimental = ({ analytics, recordedBy }: ServiceOptions): boolean =>
  analytics !== undefined || recordedBy !== undefined;

/** What `capnp` has to know of files and the process. */
export interface CapnpOptions {
  /** The file that has a script, as seen from the configuration. */
  readonly fileOf: (script: string) => string;
  /** The same for a file elsewhere. */
  readonly nameOf: (path: string) => string;
  /** The folder of the Durable Objects: those in workerd's memory would have no SQL. */
  readonly state: string;
  /** rate-limit.ts, bundled. */
  readonly rateLimitFile: string;
  readonly v8Flags: readonly string[];
  /** PEM files of authorities that the network may trust, besides those that browsers do. */
  readonly authorities: readonly string[];
}

/** The name of the service behind a KV binding. */
export const kvServiceName = (binding: string): string => `kv:${binding}`;

/** The configuration of one workerd, as Cap'n Proto text. Scripts and PEM files are `embed`ded. */
export const capnp = (services: readonly ServiceOptions[], options: CapnpOptions): string => {
  const { fileOf, nameOf, state, rateLimitFile, v8Flags, authorities } = options;
  const trusted = list(...authorities.map((path) => embedded(nameOf(path))));
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = ${list(...v8Flags.map(text))},
  services = ${list(
    `(name = "internet", network = (allow = ["public", "private", "local"],
      tlsOptions = (trustBrowserCas = true, trustedCertificates = ${trusted})))`,
    `(name = "state", disk = (path = ${text(state)}, writable = true))`,
    ...services.map((service) => worker(service, fileOf)),
  )},
  sockets = ${list(...services.flatMap((service) => socketsOf(service, nameOf)))},
  extensions = [(modules = [(
    name = ${text(RATE_LIMIT)}, internal = true, esModule = ${embedded(rateLimitFile)},
  )])],
);
`;
};

/** The flags of wrangler.toml. */
const FLAGS = ['enable_request_signal'];

const worker = (service: ServiceOptions, fileOf: (script: string) => string): string => `(
    name = ${text(service.name)},
    worker = (
      modules = ${list(
        ...Object.entries({ 'main.js': service.script, ...service.modules }).map(
          ([name, script]) => `(name = ${text(name)}, esModule = ${embedded(fileOf(script))})`,
        ),
      )},
      compatibilityDate = ${text(service.compatibilityDate ?? '2026-10-01')},
      compatibilityFlags = ${list(...(service.compatibilityFlags ?? FLAGS).map(text))},
      globalOutbound = ${text(service.globalOutbound ?? 'internet')},
      bindings = ${list(...bindingsOf(service))},
      durableObjectNamespaces = ${list(...namespacesOf(service))},
      durableObjectStorage = (localDisk = "state"),
      streamingTails = ${list(...(service.recordedBy === undefined ? [] : [text(service.recordedBy)]))},
    ),
  )`;

const bindingsOf = (service: ServiceOptions): readonly string[] => [
  ...Object.entries(service.bindings ?? {}).map(([name, value]) => binding(name, `text = ${text(value)}`)),
  ...(service.fromEnvironment ?? []).map((name) => binding(name, `fromEnvironment = ${text(name)}`)),
  ...(service.kv ?? []).map((name) => binding(name, `kvNamespace = ${text(kvServiceName(name))}`)),
  ...Object.entries(service.serviceBindings ?? {}).map(([name, other]) =>
    binding(name, `service = ${text(other)}`),
  ),
  ...(service.analytics === undefined
    ? []
    : [binding(service.analytics.binding, `analyticsEngine = ${text(service.analytics.service)}`)]),
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

/** All places where a service listens, by name; the one that is given by its port is named as the service. */
export const listeningOf = ({
  name,
  socket,
  listening = {},
}: ServiceOptions): Readonly<Record<string, Listening>> => ({
  ...(socket === undefined ? {} : { [name]: { address: `127.0.0.1:${socket}` } }),
  ...listening,
});

const socketsOf = (service: ServiceOptions, nameOf: CapnpOptions['nameOf']): readonly string[] =>
  Object.entries(listeningOf(service)).map(
    ([name, listening]) =>
      `(name = ${text(name)}, address = ${text(listening.address)}, ${protocol(listening, nameOf)}, service = ${
        listening.entrypoint === undefined
          ? text(service.name)
          : `(name = ${text(service.name)}, entrypoint = ${text(listening.entrypoint)})`
      })`,
  );

const protocol = (
  { tls = null, schemeHeader = null, without = [] }: Listening,
  nameOf: CapnpOptions['nameOf'],
): string => {
  const options = `(${[
    ...(schemeHeader === null ? [] : [`forwardedProtoHeader = ${text(schemeHeader)}`]),
    `injectRequestHeaders = ${list(...without.map((name) => `(name = ${text(name)})`))}`,
  ].join(', ')})`;
  if (tls === null) return `http = ${options}`;
  const [key, certificate] = [embedded(nameOf(tls.key)), embedded(nameOf(tls.certificate))];
  return `https = (options = ${options}, tlsOptions = (keypair = (privateKey = ${key}, certificateChain = ${certificate})))`;
};

/** The text of a file, by its path from the configuration. */
const embedded = (file: string): string => `embed ${text(file)}`;

const binding = (name: string, value: string): string => `(name = ${text(name)}, ${value})`;

const list = (...items: readonly string[]): string => `[${items.map((item) => `\n    ${item},`).join('')}]`;

/** A Cap'n Proto text literal: C escapes, UTF-8 as it is. */
const text = (value: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped.
  `"${value.replace(/["\\\u0000-\u001f\u007f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
