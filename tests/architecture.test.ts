/**
 * Who may import whom. The table is the architecture; a line that is not in it is refused with the
 * reason of the line that is. It reads real source with a parser and asserts that it saw some, so it
 * cannot be green because it read nothing.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
}

interface Layer {
  /** Files of the layer, as path prefix. The longest prefix that fits a file is its layer. */
  readonly files: string
  /** Prefixes of paths, package names, or `types:` before either when only types may cross. */
  readonly may: readonly string[]
  readonly why: string
}

const NODE = 'node:'

const layers: readonly Layer[] = [
  { files: 'packages/evaluation/src', may: [], why: 'it runs inside every SDK' },
  {
    files: 'packages/domain/src',
    may: ['packages/evaluation/src'],
    why: 'decisions must be reproducible from recorded facts',
  },
  {
    files: 'packages/api/src',
    may: ['zod', 'types:packages/domain/src', 'types:packages/evaluation/src'],
    why: 'wire shapes are mapped, not leaked',
  },
  {
    files: 'packages/sdk/server/src',
    may: ['packages/evaluation/src', '@openfeature/', 'json-logic-engine', NODE],
    why: 'an SDK stays small',
  },
  {
    files: 'packages/sdk/middleware/src',
    may: [
      'packages/sdk/server/src',
      'types:packages/evaluation/src',
      '@openfeature/',
      'types:express',
      'types:fastify',
      'types:hono',
      NODE,
    ],
    why: 'an SDK stays small',
  },
  { files: 'packages/sdk/web/src', may: ['@openfeature/'], why: 'every page pays for it' },
  {
    files: 'packages/cli/src',
    may: [
      'packages/api/src',
      'packages/domain/src',
      'packages/evaluation/src',
      '@modelcontextprotocol/sdk',
      'commander',
      'fflate',
      'json-logic-engine',
      'oxc-parser',
      'smol-toml',
      'yaml',
      'zod',
      NODE,
    ],
    why: 'the command line speaks the public API only',
  },
  {
    files: 'packages/console/src',
    may: [
      'packages/api/src',
      'packages/domain/src',
      'packages/evaluation/src',
      '@mantine/',
      '@tanstack/',
      'react',
      'uplot',
      'uqr',
    ],
    why: 'the console speaks the public API only',
  },
  {
    files: 'packages/server/src/http',
    may: [
      'packages/api/src',
      'packages/server/src',
      'packages/domain/src',
      'packages/evaluation/src',
      'fastify',
      '@fastify/',
      'zod',
      'types:pino',
      'prom-client',
      NODE,
    ],
    why: 'handlers decode, call a use case and encode',
  },
  {
    files: 'packages/server/src/storage',
    may: [
      'packages/domain/src',
      'types:packages/evaluation/src',
      'types:packages/server/src',
      'kysely',
      'pg',
      'types:pino',
      'zod',
      'packages/server/src/failure.ts',
      'packages/server/src/id.ts',
      'packages/server/src/start-failure.ts',
      NODE,
    ],
    why: 'rows to domain and back, nothing else',
  },
  {
    files: 'packages/server/src',
    may: [
      'packages/domain/src',
      'packages/evaluation/src',
      'types:packages/api/src',
      'packages/server/src',
      'kysely',
      'types:pino',
      'prom-client',
      'zod',
      NODE,
    ],
    why: 'use cases never touch a transport or a concrete integration',
  },
  {
    files: 'packages/server/src/edge',
    may: [
      'packages/api/src',
      'packages/domain/src',
      'packages/evaluation/src',
      'packages/sdk/server/src',
      'packages/server/src',
      'types:pino',
      'prom-client',
      'zod',
      NODE,
    ],
    why: 'an edge follows its server as an SDK does',
  },
  {
    files: 'packages/server/src/edge/edge.ts',
    may: ['packages/', 'pino', NODE],
    why: 'the composition root of an edge',
  },
  {
    files: 'packages/server/src/integrations/grafana',
    may: ['packages/server/src/integrations/', 'packages/domain/src', '@grafana/', 'zod'],
    why: 'one file makes dashboards of panels, and nothing else knows the SDK',
  },
  {
    files: 'packages/server/src/integrations/rule-tools',
    may: ['types:packages/server/src/integrations/interfaces.ts', 'yaml', NODE],
    why: 'it writes files and runs promtool and amtool',
  },
  {
    files: 'packages/server/src/monitoring',
    may: ['packages/domain/src', 'types:packages/api/src', 'packages/server/src', 'yaml'],
    why: 'it makes files of rules, and asks other systems through their interfaces only',
  },
  {
    files: 'packages/server/src/integrations/oidc',
    may: [
      'types:packages/server/src/integrations/',
      'packages/server/src/clock.ts',
      'packages/domain/src',
      'openid-client',
      'jose',
    ],
    why: 'openid-client and jose are used by this integration alone',
  },
  {
    files: 'packages/server/src/integrations/mail',
    may: ['packages/server/src/integrations/interfaces.ts', 'packages/domain/src', 'nodemailer', 'zod'],
    why: 'an integration knows its interface and its other side, and no other integration',
  },
  {
    files: 'packages/server/src/runbook',
    may: [
      'packages/domain/src',
      'types:packages/api/src',
      'packages/server/src',
      'types:mdast',
      'mdast-util-gfm',
      'mdast-util-to-markdown',
      'fflate',
      NODE,
    ],
    why: 'documents are rendered and zipped here and nowhere else',
  },
  {
    files: 'packages/server/src/analysis/import-slo.ts',
    may: ['packages/domain/src', 'types:packages/api/src', 'packages/server/src', 'yaml'],
    why: 'objectives are written in YAML, and read here alone',
  },
  {
    files: 'packages/server/src/reference/read-junit.ts',
    may: ['packages/domain/src', 'saxes', NODE],
    why: 'it reads XML and nothing else',
  },
  {
    files: 'packages/server/src/flag/value-schema.ts',
    may: ['packages/domain/src', 'packages/evaluation/src', 'ajv'],
    why: 'values are held against JSON Schemas here and nowhere else',
  },
  {
    files: 'packages/server/src/grpc',
    may: ['packages/server/src', 'packages/domain/src', '@grpc/grpc-js', NODE],
    why: 'gRPC is spoken here and nowhere else',
  },
  {
    files: 'packages/server/src/json-logic.ts',
    may: ['packages/evaluation/src', 'json-logic-engine'],
    why: 'imported JSONLogic is evaluated here and nowhere else',
  },
  {
    files: 'packages/server/src/access/password.ts',
    may: ['packages/domain/src', '@node-rs/argon2'],
    why: 'passwords are hashed here and nowhere else',
  },
  {
    files: 'packages/server/src/app.ts',
    may: ['packages/', 'pino', 'prom-client', 'fastify', NODE],
    why: 'the one composition root',
  },
  { files: 'packages/server/src/main.ts', may: ['packages/', 'pino', NODE], why: 'the one composition root' },
  {
    files: 'packages/server/src/backup.ts',
    may: ['packages/server/src', 'pino', NODE],
    why: 'a program of its own beside the server',
  },
  {
    files: 'packages/server/src/config.ts',
    may: ['zod', 'yaml', 'packages/api/src/settings.ts', 'packages/server/src', NODE],
    why: 'the only reader of the environment',
  },
]

/** Use cases of one noun may call another noun's only along the order of the procedure. */
const nouns: Readonly<Record<string, readonly string[]>> = {
  signal: ['audit', 'secret', 'evidence'],
  channel: ['audit', 'secret'],
  connection: ['audit', 'secret'],
  report: ['audit'],
  inbound: ['procedure', 'report', 'secret', 'audit'],
  secret: ['audit'],
  hook: ['audit', 'secret'],
  procedure: [
    'reference',
    'analysis',
    'rollout',
    'rollback',
    'hook',
    'draft',
    'flag',
    'evidence',
    'audit',
    'project',
    'access',
  ],
  runbook: ['procedure', 'audit'],
  verification: ['procedure', 'flag', 'evidence', 'audit'],
  monitoring: ['connection', 'verification', 'procedure', 'delivery'],
  drill: ['monitoring', 'connection', 'verification', 'procedure', 'hook', 'flag', 'delivery'],
  evidence: ['audit'],
  reference: ['audit', 'secret', 'connection'],
  rollout: ['flag', 'analysis', 'rollback', 'delivery', 'procedure', 'report', 'audit', 'project'],
  analysis: ['audit', 'connection'],
  rollback: ['flag', 'analysis', 'delivery', 'audit'],
  delivery: ['flag', 'audit', 'project'],
  draft: ['flag', 'project', 'report', 'audit'],
  exchange: ['delivery', 'flag', 'audit', 'project'],
  flag: ['audit', 'project'],
  access: ['audit', 'project', 'secret'],
  project: ['audit', 'access'],
  audit: [],
}

const imports = readImports(sourceFiles())

describe('architecture', () => {
  it('sees the source of every package', () => {
    for (const part of [
      'evaluation',
      'domain',
      'api',
      'server',
      'cli',
      'console',
      'sdk/server',
      'sdk/middleware',
      'sdk/web',
    ])
      expect(imports.filter((i) => i.from.startsWith(`packages/${part}/src`)).length, part).toBeGreaterThan(0)
  })

  it('lets a layer import only what the table allows', () => {
    expect(imports.flatMap(violation)).toEqual([])
  })

  it('lets a noun of the server use another one only in the order of the procedure', () => {
    expect(imports.flatMap(nounViolation)).toEqual([])
  })

  it('lets nothing that an edge loads reach the database', () => {
    const loaded = loadedBy('packages/server/src/edge/edge.ts')
    expect(loaded.has('packages/server/src/delivery/subscribers.ts')).toBe(true)
    const strays = [...loaded].filter((it) => /^packages\/server\/src\/storage\/|^kysely|^pg$/.test(it))
    expect(strays).toEqual([])
  })

  it('keeps integrations from each other, and use cases from all of them', () => {
    const wiring = /^packages\/server\/src\/(app|config|wire-[a-z-]+)\.ts$/
    const strays = imports.filter(({ from, to, typeOnly }) => {
      const into = integrationOf(to)
      if (into === undefined || typeOnly || from.includes('.test.') || !from.startsWith('packages/'))
        return false
      return into !== 'http' && into !== integrationOf(from) && !wiring.test(from)
    })
    expect(strays).toEqual([])
  })

  it('reads the environment in one place of the server, and the clock in one', () => {
    const strays = sourceFiles()
      .filter((file) => file.startsWith('packages/server/src') && !file.endsWith('.test.ts'))
      .flatMap((file) => {
        const text = readFileSync(join(root, file), 'utf8')
        const env =
          text.includes('process.env') && !/\/(config|main)\.ts$/.test(file) ? [`${file}: process.env`] : []
        const clock =
          /\bnew Date\(\)|\bDate\.now\(\)/.test(text) && !file.endsWith('/clock.ts') ? [`${file}: clock`] : []
        return [...env, ...clock]
      })
    expect(strays).toEqual([])
  })

  it('R14 separates duties in the domain alone: nothing else refuses own work, or a person twice', () => {
    const refuses = sourceFiles().filter(
      (file) =>
        !/\.test\.|\/test\//.test(file) &&
        /'(?:own-work|same-person)',?\s/.test(readFileSync(join(root, file), 'utf8')),
    )
    expect(refuses.length).toBeGreaterThan(3)
    expect(refuses.filter((file) => !file.startsWith('packages/domain/src/'))).toEqual([])
  })

  it('keeps files to their size', () => {
    const large = sourceFiles().flatMap((file) => {
      const lines = readFileSync(join(root, file), 'utf8').split('\n').length
      const limit = file.includes('.test.') || file.includes('/test/') ? 800 : 400
      return lines > limit ? [`${file}: ${lines} lines`] : []
    })
    expect(large).toEqual([])
  })

  it('names no layer that has no files', () => {
    const files = sourceFiles()
    for (const layer of layers)
      expect(
        files.some((file) => file.startsWith(layer.files)),
        layer.files,
      ).toBe(true)
  })
})

/** Everything that is loaded with a file, types left aside. */
function loadedBy(file: string): ReadonlySet<string> {
  const loaded = new Set([file])
  for (const from of loaded) for (const it of imports) if (it.from === from && !it.typeOnly) loaded.add(it.to)
  return loaded
}

function violation(it: Import): string[] {
  const layer = layerOf(it.from)
  if (layer === undefined || it.from.includes('.test.')) return []
  const own = it.to.startsWith(`${layer.files}/`) && layerOf(it.to)?.files === layer.files
  const allowed = layer.may.some((entry) =>
    entry.startsWith('types:') ? it.typeOnly && it.to.startsWith(entry.slice(6)) : it.to.startsWith(entry),
  )
  return own || allowed ? [] : [`${it.from} imports ${it.to}: ${layer.files} may not, because ${layer.why}`]
}

function nounViolation(it: Import): string[] {
  const [from, to] = [nounOf(it.from), nounOf(it.to)]
  if (from === undefined || to === undefined || from === to || it.typeOnly || it.from.includes('.test.'))
    return []
  return nouns[from]?.includes(to) ? [] : [`${it.from} imports ${it.to}: ${from} may not use ${to}`]
}

function nounOf(file: string): string | undefined {
  const noun = /^packages\/server\/src\/([a-z]+)\//.exec(file)?.[1]
  return noun !== undefined && noun in nouns ? noun : undefined
}

function integrationOf(file: string): string | undefined {
  return /^packages\/server\/src\/integrations\/([a-z-]+)\//.exec(file)?.[1]
}

function layerOf(file: string): Layer | undefined {
  return layers
    .filter((layer) => file === layer.files || file.startsWith(`${layer.files}/`))
    .toSorted((a, b) => b.files.length - a.files.length)[0]
}

function sourceFiles(): string[] {
  return globSync(
    ['packages/**/*.{ts,tsx}', 'examples/**/*.ts', 'tests/**/*.ts', 'scripts/**/*.ts', 'soak/*.ts'],
    {
      cwd: root,
      exclude: (path) => /node_modules|\.tsc|dist/.test(path),
    },
  ).filter((file) => !file.endsWith('.d.ts'))
}

function readImports(files: readonly string[]): Import[] {
  return files.flatMap((from) => {
    const { module, errors } = parseSync(from, readFileSync(join(root, from), 'utf8'))
    if (errors.length > 0) throw new Error(`${from} does not parse: ${errors[0]?.message}`)
    const named = module.staticImports.map((it) => ({
      specifier: it.moduleRequest.value,
      typeOnly: it.entries.length > 0 && it.entries.every((entry) => entry.isType),
    }))
    const passedOn = module.staticExports.flatMap((it) =>
      it.entries.flatMap((entry) =>
        entry.moduleRequest === null
          ? []
          : [{ specifier: entry.moduleRequest.value, typeOnly: entry.isType }],
      ),
    )
    return [...named, ...passedOn].map((it) => ({
      from,
      to: target(from, it.specifier),
      typeOnly: it.typeOnly,
    }))
  })
}

/** The path of a file of ours, or the name of what is imported from elsewhere. */
function target(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return relative(root, resolve(root, dirname(from), specifier))
  const [, name, path] = /^@flagmarshal\/([a-z-]+)(?:\/(.+))?$/.exec(specifier) ?? []
  if (name === undefined) return specifier
  const folder = name.startsWith('sdk-') ? `packages/sdk/${name.slice(4)}` : `packages/${name}`
  if (!existsSync(join(root, folder)))
    throw new Error(`${from} imports ${specifier}, which is no package of ours`)
  return `${folder}/src/${path ?? 'index'}.ts`
}
