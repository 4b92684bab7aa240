/** Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines. */
import { LINT_RULES } from '@flagmarshal/domain/lint/rules'
import type { LintFinding, LintRuleId } from '@flagmarshal/domain/lint/rules'

/** What is said of the run beside the findings. */
export interface SarifRun {
  readonly version: string
  /** Address of the repository, where it has one, and its commit. */
  readonly repository?: string
  readonly sha: string
  readonly branch?: string
}

/** The log as JSON. A finding that stands in no file is of the repository as a whole. */
export function sarifOf(findings: readonly LintFinding[], run: SarifRun): Readonly<Record<string, unknown>> {
  const ids = Object.keys(LINT_RULES) as LintRuleId[]
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'flagmarshal',
            semanticVersion: run.version,
            rules: ids.map((id) => ({
              id,
              name: LINT_RULES[id].title,
              shortDescription: { text: LINT_RULES[id].title },
              fullDescription: { text: LINT_RULES[id].help },
              help: { text: LINT_RULES[id].help },
              defaultConfiguration: { level: LINT_RULES[id].level },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        ...(run.repository === undefined || !URL.canParse(run.repository)
          ? {}
          : {
              versionControlProvenance: [
                {
                  repositoryUri: run.repository,
                  revisionId: run.sha,
                  ...(run.branch === undefined ? {} : { branch: run.branch }),
                },
              ],
            }),
        results: findings.map((it) => ({
          ruleId: it.rule,
          ruleIndex: ids.indexOf(it.rule),
          level: it.level,
          message: { text: it.message },
          // The same finding is known again when lines move.
          partialFingerprints: { 'flagmarshal/v1': [it.rule, it.subject, it.place?.file ?? ''].join(' ') },
          ...(it.place === undefined
            ? {}
            : {
                locations: [
                  {
                    physicalLocation: {
                      artifactLocation: { uri: encodeURI(it.place.file), uriBaseId: '%SRCROOT%' },
                      region: { startLine: it.place.line },
                    },
                  },
                ],
              }),
        })),
      },
    ],
  }
}
