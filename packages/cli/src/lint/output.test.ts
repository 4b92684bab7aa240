/** Findings for code hosts: SARIF that the published schema accepts, annotations that nothing in them breaks. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

import { LINT_RULE_IDS } from '@flagmarshal/domain/lint/rules'
import type { LintFinding } from '@flagmarshal/domain/lint/rules'
import { Ajv } from 'ajv'
import { expect, it } from 'vitest'

import { annotationsOf } from './annotations.ts'
import { sarifOf } from './sarif.ts'

const FINDINGS: readonly LintFinding[] = [
  ...LINT_RULE_IDS.map((rule): LintFinding => ({
    rule,
    level: 'warning',
    subject: 'a',
    message: `${rule} is broken`,
  })),
  {
    rule: 'R001',
    level: 'error',
    subject: 'a',
    message: '50 %, and\nmore: ::error::',
    place: { file: 'src/a b,c:d.ts', line: 7 },
  },
]

const RUN = { version: '0.1.0', repository: 'https://git.example/shop', sha: 'a'.repeat(40), branch: 'main' }

it('SARIF is what the published schema of 2.1.0 asks for', () => {
  const at = createRequire(import.meta.url).resolve(
    '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json',
  )
  const ajv = new Ajv({
    strict: false,
    unicodeRegExp: false,
    formats: { uri: (it: string) => URL.canParse(it), 'uri-reference': true, 'date-time': true },
  })
  // It is of draft 4, in words that later drafts share.
  const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(at, 'utf8'))
  const validate = ajv.compile(schema)
  for (const log of [sarifOf(FINDINGS, RUN), sarifOf([], { version: '0.1.0', sha: '' })]) {
    validate(log)
    expect(validate.errors).toBeNull()
  }
  // A log that is wrong is noticed.
  expect(validate({ ...sarifOf([], RUN), version: '2.0.0' })).toBe(false)
})

it('SARIF has each rule once, and each finding at its line', () => {
  expect(sarifOf(FINDINGS, RUN)).toMatchObject({
    runs: [
      {
        tool: { driver: { rules: LINT_RULE_IDS.map((id) => ({ id })) } },
        results: {
          [FINDINGS.length - 1]: {
            ruleId: 'R001',
            ruleIndex: 0,
            level: 'error',
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: 'src/a%20b,c:d.ts' },
                  region: { startLine: 7 },
                },
              },
            ],
          },
        },
      },
    ],
  })
})

it('an annotation is one line, whatever is in it', () => {
  expect(annotationsOf(FINDINGS.slice(-2))).toBe(
    [
      '::warning title=R012 permission flag used for a release::R012 is broken',
      '::error file=src/a b%2Cc%3Ad.ts,line=7,title=R001 unknown flag in code::50 %25, and%0Amore: ::error::',
    ].join('\n'),
  )
})
