/** Findings as workflow commands of GitHub, which it shows beside the lines of a pull request. */
import type { LintFinding } from '@flagmarshal/domain/lint/rules'
import { LINT_RULES } from '@flagmarshal/domain/lint/rules'

/** One line a finding. */
export function annotationsOf(findings: readonly LintFinding[]): string {
  return findings
    .map(({ rule, level, message, place }) => {
      const where = place === undefined ? '' : `file=${property(place.file)},line=${place.line},`
      return `::${level} ${where}title=${property(`${rule} ${LINT_RULES[rule].title}`)}::${data(message)}`
    })
    .join('\n')
}

/** A line break or a percent sign would end what it is in. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
