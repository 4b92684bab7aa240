/**
 * What `flagmarshal/refs.yaml` says: which files are searched and how, which layer each belongs to, and
 * how strict the lint is. Every setting has a default; unknown ones are mistakes.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

import { LINT_RULE_IDS } from '@flagmarshal/domain/lint/rules'
import { parseDocument } from 'yaml'
import { z } from 'zod'

import { EXIT } from '../exit-code.ts'
import { Failure } from '../failure.ts'
import { SPELLING_NAMES } from './names.ts'

/** Where a repository keeps them. */
export const SETTINGS_FILE = 'flagmarshal/refs.yaml'

const Globs = z.array(z.string().min(1))

const Alias = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(SPELLING_NAMES) }),
  z.strictObject({
    type: z.literal('filepattern'),
    paths: Globs.min(1),
    patterns: z
      .array(
        z
          .string()
          .refine((it) => it.includes('FLAG_KEY'), 'Write FLAG_KEY where the key stands.')
          .refine(isPattern, 'This is no regular expression.'),
      )
      .min(1),
  }),
  z.strictObject({
    type: z.literal('command'),
    command: z.array(z.string()).min(1),
    timeoutMs: z.int().min(1).max(60_000).default(5_000),
  }),
])

const Level = z.enum(['error', 'warning', 'off'])

const Settings = z.strictObject({
  repo: z.string().min(1).max(500).exactOptional(),
  include: Globs.default([]),
  exclude: Globs.default([]),
  maxFileKb: z.int().min(1).max(10_240).default(1_024),
  contextLines: z.int().min(-1).max(5).default(-1),
  lookback: z.int().min(0).max(5_000).default(100),
  delimiters: z.array(z.string().length(1)).default(['"', "'", '`']),
  calls: z.array(z.string().min(1)).default([]),
  aliases: z.array(Alias).default([]),
  layers: z
    .strictObject({ frontend: Globs.default([]), middleware: Globs.default([]), backend: Globs.default([]) })
    .prefault({}),
  defaultLayer: z.enum(['backend', 'frontend', 'middleware']).exactOptional(),
  manifest: z.string().default('flags.json'),
  lint: z.partialRecord(z.enum(LINT_RULE_IDS), Level).default({}),
})
export type Settings = z.infer<typeof Settings>
export type AliasSetting = z.infer<typeof Alias>

/** The settings of a repository; the defaults where it has none. */
export function readSettings(root: string, file = SETTINGS_FILE): Settings {
  const at = path.resolve(root, file)
  if (!existsSync(at)) {
    if (file !== SETTINGS_FILE) throw mistaken(file, ['  there is no such file'])
    return Settings.parse({})
  }
  const document = parseDocument(readFileSync(at, 'utf8'), { merge: false })
  if (document.errors.length > 0)
    throw mistaken(
      file,
      document.errors.map((it) => `  ${it.message.split('\n')[0] ?? ''}`),
    )
  const read = Settings.safeParse(document.toJS() ?? {})
  if (read.success) return read.data
  throw mistaken(
    file,
    read.error.issues.map((it) => `  ${it.path.join('.') || 'the whole'}: ${it.message}`),
  )
}

function mistaken(file: string, mistakes: readonly string[]): Failure {
  return new Failure([`${file} has mistakes:`, ...mistakes].join('\n'), {
    exitCode: EXIT.invalid,
    remedy: 'Correct them; docs/code-references.md has every setting.',
  })
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}
