/**
 * The one list of `FLAGMARSHAL_*` names that any program of the product reads. A program ignores
 * the names of the others; a name in no list is a mistake and stops it.
 */

/** Which program reads a setting. */
export type SettingReader = 'server' | 'cli' | 'sdk' | 'tests'

/** Every name, who reads it, and what it means. */
export const SETTINGS = {
  FLAGMARSHAL_PORT: { reader: 'server', means: 'Port that the server listens on; 0 takes a free one. 4860.' },
  FLAGMARSHAL_HOST: { reader: 'server', means: 'Address that the server listens on. 127.0.0.1.' },
  FLAGMARSHAL_DATA_DIR: { reader: 'server', means: "The server's data directory. .flagmarshal." },
  FLAGMARSHAL_DATABASE_URL: {
    reader: 'server',
    means: 'A PostgreSQL 15 or newer. Without it a local one runs in the data directory.',
  },
  FLAGMARSHAL_BOOTSTRAP_TOKEN: {
    reader: 'server',
    means: 'An administrator token accepted from the first start. Without it one is made and kept in a file.',
  },
  FLAGMARSHAL_PUBLIC_URL: { reader: 'server', means: 'Address under which people reach the server.' },
  FLAGMARSHAL_TRUSTED_PROXIES: {
    reader: 'server',
    means:
      'Addresses and ranges of the proxies in front, with commas between: what they say of who asks (X-Forwarded-For) is believed. None.',
  },
  FLAGMARSHAL_OUTGOING_ALLOW: {
    reader: 'server',
    means:
      'Hosts, addresses and ranges of the own network that the server may call, with commas between. None.',
  },
  FLAGMARSHAL_GIT_PROTOCOLS: {
    reader: 'server',
    means:
      "How git may fetch what references name: https, http, file, with commas between. `file` reads this machine's own folders. https,http.",
  },
  FLAGMARSHAL_HOOK_PROGRAMS: {
    reader: 'server',
    means: 'Whole paths of the programs that hooks may start, with commas between. None.',
  },
  FLAGMARSHAL_ALLOWED_ORIGINS: {
    reader: 'server',
    means:
      'Origins whose pages may evaluate flags in the browser, like https://shop.example, with commas between; * for any. None.',
  },
  FLAGMARSHAL_GRPC_PORT: {
    reader: 'server',
    means: 'Port on which flagd’s in-process providers stream flags over gRPC; 0 takes a free one. None.',
  },
  FLAGMARSHAL_GRPC_CERTIFICATE: {
    reader: 'server',
    means: 'File of the certificate chain (PEM) for gRPC with TLS. None: without TLS.',
  },
  FLAGMARSHAL_GRPC_PRIVATE_KEY: { reader: 'server', means: 'File of its private key (PEM). None.' },
  FLAGMARSHAL_EVALUATIONS_PER_SECOND: {
    reader: 'server',
    means: 'Evaluations over HTTP that each SDK key may ask a server for in a second; 0 is no limit. 5000.',
  },
  FLAGMARSHAL_RULES_DIR: {
    reader: 'server',
    means:
      'Folder of rule files that Prometheus reads and this server may write. None: rules are downloaded.',
  },
  FLAGMARSHAL_SECRET_KEY: {
    reader: 'server',
    means:
      'Key that encrypts the secrets of channels and hooks: 32 bytes in base64 or hex. After a comma older ones, which still open. Without it one is made and kept in a file.',
  },
  FLAGMARSHAL_MAIL_URL: {
    reader: 'server',
    means:
      'Mail server for lost passwords: smtps://user:password@host:465, smtp://host:587 (STARTTLS) or smtp+plain://host:25. None: no reset by mail.',
  },
  FLAGMARSHAL_MAIL_FROM: {
    reader: 'server',
    means: 'Sender of these mails. flagmarshal@ and the host of the mail server.',
  },
  FLAGMARSHAL_UPSTREAM: {
    reader: 'server',
    means: 'Address of the server that this program is an edge of, also --upstream. None: it is a server.',
  },
  FLAGMARSHAL_UPSTREAM_KEYS: {
    reader: 'server',
    means: 'Edge keys, one for each environment that the edge serves, with commas between.',
  },
  FLAGMARSHAL_EDGE_NAME: { reader: 'server', means: "Name under which an edge is listed. The machine's." },
  FLAGMARSHAL_EDGE_BUFFER_BYTES: {
    reader: 'server',
    means:
      'Bytes of reports that an edge keeps for each environment while its server is away; beyond, it turns them away. 67108864.',
  },
  FLAGMARSHAL_LOG_LEVEL: { reader: 'server', means: 'debug, info, warn, error or silent. info.' },
  FLAGMARSHAL_SERVER: { reader: 'cli', means: 'Address of the server that commands talk to.' },
  FLAGMARSHAL_TOKEN: { reader: 'cli', means: 'Token that commands use.' },
  FLAGMARSHAL_PROFILE: {
    reader: 'cli',
    means: 'Name of the profile that commands take. See flagmarshal profile.',
  },
  FLAGMARSHAL_PROJECT: { reader: 'cli', means: 'Project that commands mean.' },
  FLAGMARSHAL_SDK_KEY: { reader: 'sdk', means: 'Key that an application connects with.' },
  FLAGMARSHAL_URL: { reader: 'sdk', means: 'Address of the server that an application connects to.' },
  FLAGMARSHAL_CACHE_FILE: {
    reader: 'sdk',
    means: 'Where an application keeps its last known flags, for a start while the server is away. None.',
  },
  FLAGMARSHAL_OVERRIDES: {
    reader: 'sdk',
    means:
      "Values that win over the server's in this process, as flag=value with commas between: the emergency path. None.",
  },
  FLAGMARSHAL_OVERRIDE_FILE: {
    reader: 'sdk',
    means: 'A JSON file of the same, {"flag": value}, read again within a second when it changes. None.',
  },
  FLAGMARSHAL_TEST_DATABASE_URL: { reader: 'tests', means: 'A PostgreSQL to test against.' },
  FLAGMARSHAL_SOAK: {
    reader: 'tests',
    means: '`long` gives the tests of the promises their long form; `npm run soak` sets it.',
  },
  FLAGMARSHAL_CONFORMANCE_DIR: { reader: 'tests', means: 'Where the public suites are.' },
  FLAGMARSHAL_SETUP: { reader: 'tests', means: '`never` forbids installing system programs for tests.' },
} as const satisfies Readonly<Record<string, { readonly reader: SettingReader; readonly means: string }>>

export type SettingName = keyof typeof SETTINGS

/** Whether some program of the product reads this name. */
export function isSetting(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name)
}

/** The known name that differs least from a mistaken one. */
export function nearestSetting(name: string): string {
  const byDistance = Object.keys(SETTINGS).map((known) => ({ known, distance: editDistance(name, known) }))
  return byDistance.reduce((best, it) => (it.distance < best.distance ? it : best)).known
}

/** Levenshtein distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
