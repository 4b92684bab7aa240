/**
 * The settings, read once into one frozen object. The only reader of process.env in the server.
 *
 * `flagmarshal.config.yaml` in the working directory may hold the same settings under the names of
 * `Config`; the environment wins. A name that nobody knows is a mistake and stops the start.
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'

import { isSetting, nearestSetting } from '@flagmarshal/api/settings'
import type { SettingName, SETTINGS } from '@flagmarshal/api/settings'
import { parse } from 'yaml'
import { z } from 'zod'

import { faultOfAllowed, faultOfRange } from './integrations/http/address-rules.ts'
import { StartFailure } from './start-failure.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

const ConfigSchema = z.strictObject({
  port: z.coerce.number('a port, 0 to 65535').int().min(0).max(65_535).default(4860),
  host: z.string().min(1).default('127.0.0.1'),
  /** Made absolute. */
  dataDir: z
    .string()
    .min(1)
    .default('.flagmarshal')
    .transform((dir) => path.resolve(dir)),
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'an address that begins with postgresql://')
    .optional(),
  bootstrapToken: z
    .string()
    .regex(/^[\w.~+/=-]{16,200}$/, '16 to 200 letters, digits and . _ ~ + / = -')
    .optional(),
  publicUrl: z.url({ protocol: /^https?$/, error: 'an http or https address' }).optional(),
  /** Addresses and ranges; in the environment with commas between. */
  trustedProxies: z
    .union([z.string().transform(listOf), z.array(z.string())])
    .default([])
    .superRefine((entries, issues) => {
      const fault = entries.map(faultOfRange).find((it) => it !== undefined)
      if (fault !== undefined) issues.addIssue(fault)
    }),
  /** Hosts, addresses and ranges; in the environment with commas between. */
  outgoingAllow: z
    .union([z.string().transform(listOf), z.array(z.string())])
    .default([])
    .superRefine((entries, issues) => {
      const fault = entries.map(faultOfAllowed).find((it) => it !== undefined)
      if (fault !== undefined) issues.addIssue(fault)
    }),
  /** How git may fetch; in the environment with commas between. */
  gitProtocols: z
    .union([z.string().transform(listOf), z.array(z.string())])
    .pipe(z.array(z.enum(['https', 'http', 'file'], 'https, http or file')).min(1))
    .default(['https', 'http']),
  /** Whole paths; in the environment with commas between. */
  hookPrograms: z
    .union([z.string().transform(listOf), z.array(z.string())])
    .pipe(z.array(z.string().regex(/^\/\S*$/, 'whole paths of programs, with commas between')))
    .default([]),
  /** Origins, or `*`; in the environment with commas between. */
  allowedOrigins: z
    .union([z.string().transform(listOf), z.array(z.string())])
    .pipe(
      z.array(
        z.string().refine(isOrigin, 'origins like https://shop.example, with commas between, or * for any'),
      ),
    )
    .default([]),
  /** Absent: gRPC is not served. */
  grpcPort: z.coerce.number('a port, 0 to 65535').int().min(0).max(65_535).optional(),
  /** Files of PEM. */
  grpcCertificate: z.string().min(1).optional(),
  grpcPrivateKey: z.string().min(1).optional(),
  /** Of each SDK key; 0 is no limit. */
  evaluationsPerSecond: z.coerce.number('a number, 0 or more').min(0).default(5_000),
  /** Made absolute. */
  rulesDir: z
    .string()
    .min(1)
    .transform((dir) => path.resolve(dir))
    .optional(),
  secretKey: z
    .string()
    .regex(
      /^([\da-f]{64}|[\w+/-]{43}=?)(,([\da-f]{64}|[\w+/-]{43}=?))*$/i,
      '32 bytes in base64 or in hex; with a comma between a new key and older ones',
    )
    .optional(),
  mailUrl: z
    .url({
      protocol: /^(smtps|smtp|smtp\+plain)$/,
      error: 'an address like smtps://user:password@mail.example:465',
    })
    .optional(),
  mailFrom: z.email().optional(),
  /** The server that this one is an edge of. */
  upstream: z.url({ protocol: /^https?$/, error: 'an http or https address' }).optional(),
  /** Edge keys, one an environment; in the environment with commas between. */
  upstreamKeys: z
    .union([z.string().transform(listOf), z.array(z.string())])
    .pipe(z.array(z.string().regex(/^fm_edge_\w{20,80}$/, 'edge keys, fm_edge_…, with commas between')))
    .default([]),
  edgeName: z.string().min(1).max(128).optional(),
  /** Of each environment. */
  edgeBufferBytes: z.coerce.number('a number of bytes').int().min(1_000_000).default(67_108_864),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

/** All settings of the server; docs and defaults are those of `SETTINGS`. */
export type Config = Readonly<z.output<typeof ConfigSchema>>

/** The name of each setting in the environment, and in the file. */
export const ENVIRONMENT = {
  FLAGMARSHAL_PORT: 'port',
  FLAGMARSHAL_HOST: 'host',
  FLAGMARSHAL_DATA_DIR: 'dataDir',
  FLAGMARSHAL_DATABASE_URL: 'databaseUrl',
  FLAGMARSHAL_BOOTSTRAP_TOKEN: 'bootstrapToken',
  FLAGMARSHAL_PUBLIC_URL: 'publicUrl',
  FLAGMARSHAL_TRUSTED_PROXIES: 'trustedProxies',
  FLAGMARSHAL_OUTGOING_ALLOW: 'outgoingAllow',
  FLAGMARSHAL_GIT_PROTOCOLS: 'gitProtocols',
  FLAGMARSHAL_HOOK_PROGRAMS: 'hookPrograms',
  FLAGMARSHAL_ALLOWED_ORIGINS: 'allowedOrigins',
  FLAGMARSHAL_GRPC_PORT: 'grpcPort',
  FLAGMARSHAL_GRPC_CERTIFICATE: 'grpcCertificate',
  FLAGMARSHAL_GRPC_PRIVATE_KEY: 'grpcPrivateKey',
  FLAGMARSHAL_EVALUATIONS_PER_SECOND: 'evaluationsPerSecond',
  FLAGMARSHAL_RULES_DIR: 'rulesDir',
  FLAGMARSHAL_SECRET_KEY: 'secretKey',
  FLAGMARSHAL_MAIL_URL: 'mailUrl',
  FLAGMARSHAL_MAIL_FROM: 'mailFrom',
  FLAGMARSHAL_UPSTREAM: 'upstream',
  FLAGMARSHAL_UPSTREAM_KEYS: 'upstreamKeys',
  FLAGMARSHAL_EDGE_NAME: 'edgeName',
  FLAGMARSHAL_EDGE_BUFFER_BYTES: 'edgeBufferBytes',
  FLAGMARSHAL_LOG_LEVEL: 'logLevel',
} as const satisfies {
  [N in SettingName as (typeof SETTINGS)[N]['reader'] extends 'server' ? N : never]: keyof Config
}

const FILE_NAME = 'flagmarshal.config.yaml'

/** Whether only programs of this machine can reach the server. */
export function isLoopback(config: Config): boolean {
  return LOOPBACK.test(config.host)
}

/** The settings of this process, with its arguments where it takes any. Throws a StartFailure that names the setting at fault. */
export function readConfig(given: readonly string[] = []): Config {
  return configOf({ ...process.env, ...argumentsOf(given) }, process.cwd())
}

/** The settings in an environment and the file of a folder. */
export function configOf(environment: Readonly<Record<string, string | undefined>>, folder: string): Config {
  refuseUnknown(Object.keys(environment))
  const file = readFile(path.join(folder, FILE_NAME))
  const fromEnvironment: Record<string, string> = {}
  for (const [name, key] of Object.entries(ENVIRONMENT)) {
    const value = environment[name]
    if (value !== undefined && value !== '') fromEnvironment[key] = value
  }
  const parsed = ConfigSchema.safeParse({ ...file, ...fromEnvironment })
  if (parsed.success) return Object.freeze(parsed.data)
  throw new StartFailure(sentenceOf(parsed.error, fromEnvironment))
}

/** `--upstream <url>` makes an edge; everything else is a setting. */
function argumentsOf(given: readonly string[]): Readonly<Record<string, string>> {
  try {
    const { values } = parseArgs({ args: [...given], options: { upstream: { type: 'string' } } })
    return values.upstream === undefined ? {} : { FLAGMARSHAL_UPSTREAM: values.upstream }
  } catch (error) {
    const why = String(error instanceof Error ? error.message : error).split('\n')[0]
    throw new StartFailure(`${why} The only argument is --upstream <url>; the rest are settings.`)
  }
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((it) => it.trim())
    .filter((it) => it !== '')
}

function isOrigin(text: string): boolean {
  if (text === '*') return true
  return URL.canParse(text) && new URL(text).origin === text
}

function refuseUnknown(names: readonly string[]): void {
  const unknown = names.find((name) => name.startsWith('FLAGMARSHAL_') && !isSetting(name))
  if (unknown === undefined) return
  throw new StartFailure(`${unknown} is no setting. Did you mean ${nearestSetting(unknown)}?`)
}

function readFile(file: string): object {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return {}
  }
  try {
    return z.record(z.string(), z.unknown()).parse(parse(text) ?? {})
  } catch (error) {
    const why = error instanceof z.ZodError ? 'it holds no settings' : String(error).split('\n')[0]
    throw new StartFailure(`${file} cannot be read: ${why}.`)
  }
}

/** Names the setting as the operator wrote it, never its value: it may be a secret. */
function sentenceOf(error: z.ZodError, fromEnvironment: Readonly<Record<string, string>>): string {
  const issue = error.issues[0]
  if (issue?.code === 'unrecognized_keys') {
    return `${FILE_NAME} has no setting ${issue.keys[0]}; it knows ${Object.values(ENVIRONMENT).join(', ')}.`
  }
  const key = String(issue?.path[0])
  const name = Object.entries(ENVIRONMENT).find(([, it]) => it === key)?.[0]
  const where = key in fromEnvironment ? name : `${key} in ${FILE_NAME}`
  return `${where} is not usable: ${issue?.message}.`
}
