/**
 * `flagmarshal lint`: the code of a repository, its manifest and the flags of the project, held against
 * the rules R001 to R012.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

import { lintCode } from '@flagmarshal/domain/lint/code'
import type { CodedFlag, CodeFacts } from '@flagmarshal/domain/lint/code'
import { LINT_RULE_IDS, LINT_RULES } from '@flagmarshal/domain/lint/rules'
import type { LintFinding, LintRuleId } from '@flagmarshal/domain/lint/rules'
import type { Command } from 'commander'

import { EXIT } from './exit-code.ts'
import type { ExitCode } from './exit-code.ts'
import { isObject, parseObject } from './given.ts'
import { annotationsOf } from './lint/annotations.ts'
import { sarifOf } from './lint/sarif.ts'
import type { Open } from './program.ts'
import { search, searching } from './refs.ts'
import type { SearchOptions } from './refs.ts'
import type { Scan } from './refs/scan.ts'
import type { Settings } from './refs/settings.ts'
import type { Answer, Session } from './session.ts'
import { table } from './table.ts'
import { VERSION } from './version.ts'

interface LintOptions extends SearchOptions {
  readonly code: boolean
  readonly sarif?: string
  readonly github?: boolean
}

export function lintCommand(program: Command, open: Open, end: (code: ExitCode) => void): void {
  searching(program.command('lint'))
    .description('hold code, manifest, flags and plans against the rules; exits 7 on an error')
    .option('--no-code', 'flags and plans only: needs no repository')
    .option('--sarif <path>', 'write the findings as SARIF 2.1.0, too')
    .option('--github', 'print them as annotations of a GitHub workflow')
    .action(async (given: LintOptions, command: Command) => {
      const session = open(command)
      const { items: flags } = await session.call('listFlags', { params: { project: session.project() } })
      const ofServer = await serverFindings(session)
      const searched = given.code
        ? await search(
            session,
            { ...given, lookback: 0 },
            flags.map((it) => it.key),
          )
        : undefined
      const ofCode =
        searched === undefined ? [] : lintCode(codeFacts(searched.found, searched.settings, flags))
      const findings = levelled([...ofCode, ...ofServer], searched?.settings.lint ?? {})
      if (given.sarif !== undefined) writeFileSync(given.sarif, sarifText(findings, searched?.found))
      const errors = findings.filter((it) => it.level === 'error').length
      session.result({ findings, errors }, () =>
        given.github === true ? annotationsOf(findings) : describe(findings),
      )
      if (errors > 0) end(EXIT.invalid)
    })
}

async function serverFindings(session: Session): Promise<readonly LintFinding[]> {
  const { items } = await session.call('listLintFindings', { params: { project: session.project() } })
  return items.flatMap(({ rule, level, subject, message }) =>
    isRule(rule) ? [{ rule, level, subject, message }] : [],
  )
}

function isRule(id: string): id is LintRuleId {
  return Object.hasOwn(LINT_RULES, id)
}

function codeFacts(
  { references, repository }: Scan,
  { manifest }: Settings,
  flags: Answer<'listFlags'>['items'],
): CodeFacts {
  return {
    places: references,
    flags: flags.map((it): CodedFlag => ({
      key: it.key,
      valueType: it.valueType,
      // A default is a literal; an object is compared by nobody.
      off: it.variants[it.offVariant] ?? undefined,
      archived: it.archivedAt !== undefined,
    })),
    manifest: manifestAt(repository.root, manifest),
  }
}

/** The flags of the manifest with their lines; undefined where the repository has none. */
function manifestAt(root: string, file: string): CodeFacts['manifest'] {
  const at = path.join(root, file)
  if (!existsSync(at)) return undefined
  const text = readFileSync(at, 'utf8')
  const { flags } = parseObject(text, file)
  if (!isObject(flags)) return undefined
  return {
    file,
    entries: Object.entries(flags).map(([key, value]) => ({
      key,
      flagType: isObject(value) ? String(value['flagType']) : 'nothing',
      line: text.slice(0, Math.max(0, text.indexOf(JSON.stringify(key)))).split('\n').length,
    })),
  }
}

/** Findings at the level that the settings give their rule, by place and rule. */
function levelled(findings: readonly LintFinding[], levels: Settings['lint']): readonly LintFinding[] {
  const order = (it: LintFinding) => LINT_RULE_IDS.indexOf(it.rule)
  return findings
    .flatMap((it) => {
      const level = levels[it.rule] ?? it.level
      return level === 'off' ? [] : [{ ...it, level }]
    })
    .toSorted((a, b) => order(a) - order(b))
}

function sarifText(findings: readonly LintFinding[], scan: Scan | undefined): string {
  const { sha = '', address, branch } = scan?.repository ?? {}
  const log = sarifOf(findings, {
    version: VERSION,
    sha,
    ...(address === undefined ? {} : { repository: address }),
    ...(branch === undefined ? {} : { branch }),
  })
  return `${JSON.stringify(log, null, 2)}\n`
}

function describe(findings: readonly LintFinding[]): string {
  if (findings.length === 0) return 'Nothing to say.'
  const rules = [...new Set(findings.map((it) => it.rule))]
  return [
    table(
      ['rule', 'level', 'where', 'what'],
      findings.map((it) => [
        it.rule,
        it.level,
        it.place === undefined ? it.subject : `${it.place.file}:${it.place.line}`,
        it.message,
      ]),
    ),
    '',
    ...rules.map((it) => `${it} ${LINT_RULES[it].title}: ${LINT_RULES[it].help}`),
  ].join('\n')
}
