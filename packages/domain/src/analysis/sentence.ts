/**
 * Verdicts in words: which test spoke, and its arithmetic.
 *
 * Made on demand from the recorded numbers, so that wording can improve without touching what was
 * decided.
 */
import type {
  ArmCounts,
  Breach,
  Judgement,
  Lack,
  RelativeJudgement,
  Tier,
  UnknownKind,
  Verdict,
} from './model.ts'
import { BURN_IN_WINDOWS, proves, type BlockBound } from './statistics/block.ts'

/** One sentence on a verdict, such as "errors: exposed 3/1200 (0.25 %) … → go (absolute)". */
export function verdictSentence(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'no-go':
      return breachSentence(verdict.breach)
    case 'no-data':
      return `${verdict.criterion}: no data for ${seconds(verdict.blindMs)} (${unknownText(verdict.unknown)}: ${verdict.detail}); unknown is neither pass nor fail`
    case 'hold':
      return `${verdict.criterion}: ${holdText(verdict)}`
    case 'go':
      return `${verdict.criterion}: ${armsText(verdict.judgement)}; ${goText(verdict.tier, verdict.judgement)} → ${tierText(verdict.tier, verdict.judgement)}`
  }
}

/** One sentence on a breach: "errors: exposed 41/212 (19.3 %), control 1/640 (0.2 %); F1r log e = 9.21 ≥ ln(1/0.001) = 6.91 → roll back". */
export function breachSentence(breach: Breach): string {
  const { criterion, exposed, control, test, value, threshold } = breach
  const counts = `${criterion}: ${armsText({ exposed, control })}`
  switch (test) {
    case 'F1r':
      return `${counts}; F1r log e = ${value.toFixed(2)} ≥ ${thresholdText(threshold)}, dispersion ${short(breach.phi)}: worse than the control`
    case 'F5':
      return `${counts}; F5: in a window ${excessText(value, threshold)} more than ${HARM_WORDS}: worse than the control`
    case 'F4':
      return `${criterion}: mean ${mean(exposed)}, control ${mean(control)}; F4: in a window ${excessText(value, threshold)} beyond what is tolerated${breach.ceiling === undefined ? '' : `, the last acceptable being ${short(breach.ceiling)}`}`
    case 'F2b-harm':
      return `${counts}; F2b-harm log e = ${value.toFixed(2)} ≥ ${thresholdText(threshold)}, dispersion ${short(breach.phi)}: above the ceiling of ${percent(breach.ceiling ?? 0)}`
    case 'level':
      return `${criterion}: ${exposed.x} of ${exposed.n} instances above ${short(threshold)} in each of the latest windows: of the service, and of both arms alike`
    case 'hard-floor':
      return `${counts} in the latest windows but the worst; ${percent(value)} ≥ hard floor ${percent(threshold)}, and at least twice the control's: an outage`
  }
}

const HARM_WORDS = 'the control and the tolerance lead to expect'

function excessText(mean: number, halfWidth: number): string {
  return `${short(mean)} ± ${short(halfWidth)}`
}

function holdText(verdict: Extract<Verdict, { kind: 'hold' }>): string {
  switch (verdict.reason) {
    case 'watch':
      return `${breachSentence(verdict.breach).replace(`${verdict.criterion}: `, '')} → hold until ${verdict.breach.test === 'level' ? 'the latest' : '30'} windows show it no more`
    case 'both-arms':
      return `${armsText(verdict.judgement)}; both arms fail together, so it is not this feature → hold`
    case 'collecting': {
      const { lacks, judgement } = verdict
      const texts = (wanted: boolean) =>
        lacks
          .filter((lack) => lack.startsWith('relative') === wanted)
          .map((lack) => lackText(lack, judgement))
          .join('; ')
      const ways = [texts(true), texts(false)].filter((text) => text !== '')
      return `${armsText(judgement)}; ${ways.join(' — or, absolutely: ')} → collecting`
    }
  }
}

type Arms = Pick<Judgement, 'exposed' | 'control' | 'difference' | 'safe' | 'relative' | 'level'>

function armsText({ exposed, control, difference, safe, relative, level }: Arms): string {
  if (level !== undefined) return `${level.x} of ${level.n} instances above ${short(level.limit)}`
  if (difference !== undefined) {
    const { value, halfWidth } = difference
    return `mean ${mean(exposed)}, control ${mean(control)} (${percent(value)} ± ${percent(halfWidth)})`
  }
  // Values have no likelihood: what is counted is no share.
  const isMean = [safe, relative].some((it) => it !== undefined && it.logE === undefined)
  if (isMean) return `mean ${mean(exposed)}, control ${mean(control)}`
  return control.n === 0
    ? `exposed ${share(exposed)}, no control`
    : `exposed ${share(exposed)}, control ${share(control)}`
}

function goText(tier: Tier, { safe, relative, alternative, harmLogE }: Judgement): string {
  const parts: string[] = []
  if (tier === 'R' && relative !== undefined) parts.push(relativeText(relative))
  else if (safe !== undefined) {
    if (safe.logE !== undefined)
      parts.push(
        `F2b-safe log e = ${safe.logE.toFixed(2)} (threshold ${thresholdText(safe.threshold)}) against the ceiling of ${percent(safe.ceiling)}`,
      )
    parts.push(
      `block-abs over ${safe.block.t} windows ${short(safe.block.mean)} ± ${short(safe.block.halfWidth ?? Infinity)}`,
    )
    if (tier === 'A' && alternative !== undefined && proves(alternative.block))
      parts.push(relativeText(alternative))
  }
  if (harmLogE !== undefined) parts.push(`F1r log e = ${harmLogE.toFixed(2)}`)
  return parts.join(', ')
}

function relativeText({ ratio, logE, threshold, block }: RelativeJudgement): string {
  const likelihood =
    logE === undefined ? '' : `F2 log e = ${logE.toFixed(2)} (threshold ${thresholdText(threshold)}), `
  return `${likelihood}block-safe over ${block.t} windows ${short(block.mean)} ± ${short(block.halfWidth ?? Infinity)} against ${short(ratio)} times the control`
}

function tierText(tier: Tier, { safe, control, relative }: Judgement): string {
  switch (tier) {
    case 'watch':
      return 'watched, no breach'
    case 'time':
      return 'go by time, as the plan allows at low traffic'
    case 'R':
      return `GO: less than ${short(relative?.ratio ?? 0)} times the control`
    case 'A':
      return 'GO (absolute)'
    case 'A-only':
      if (control.x === 0 || safe === undefined)
        return 'GO (absolute): below the ceiling, which is all that is shown'
      return `GO (absolute): a regression up to ${short((safe.ceiling * control.n) / control.x)} times the control cannot be excluded`
  }
}

function lackText(lack: Lack, { safe, relative, harmLogE }: Judgement): string {
  switch (lack) {
    case 'relative-safe':
      return `F2 log e = ${(relative?.logE ?? 0).toFixed(2)} < ${thresholdText(relative?.threshold ?? 0)} against ${short(relative?.ratio ?? 0)} times the control`
    case 'relative-block':
      return blockText('block-safe', relative?.block, `${short(relative?.ratio ?? 0)} times the control`)
    case 'relative-control':
      return `the control has shown ${relative?.controlBad ?? 0} of 20 bad events`
    case 'ceiling':
      return 'no ceiling is given, so nothing absolute can be shown'
    case 'safe':
      return `F2b-safe log e = ${(safe?.logE ?? 0).toFixed(2)} < ${thresholdText(safe?.threshold ?? 0)}`
    case 'block':
      return blockText('block-abs', safe?.block, 'the ceiling')
    case 'harm':
      return harmLogE === undefined
        ? 'the exposed arm looks worse than the control'
        : `F1r log e = ${harmLogE.toFixed(2)} > 0: the exposed arm looks worse than the control`
    case 'ceiling-too-far':
      return `the ceiling of ${percent(safe?.ceiling ?? 0)} is more than twice the observed rate, and 3 times the control is not excluded`
  }
}

function blockText(name: string, block: BlockBound | undefined, what: string): string {
  const { t = 0, mean = 0, halfWidth = Infinity } = block ?? {}
  return t < BURN_IN_WINDOWS
    ? `${name} has ${t} of ${BURN_IN_WINDOWS} windows`
    : `${name} ${short(mean)} ± ${short(halfWidth)} does not exclude ${what}`
}

function unknownText(kind: UnknownKind): string {
  return kind.replace('_', ' ')
}

/** A threshold is the logarithm of one over a chance. */
function thresholdText(threshold: number): string {
  return `ln(1/${Number(Math.exp(-threshold).toPrecision(3))}) = ${threshold.toFixed(2)}`
}

function share({ n, x }: ArmCounts): string {
  return n === 0 ? '0/0' : `${short(x)}/${short(n)} (${percent(x / n)})`
}

function mean({ n, x }: ArmCounts): string {
  return n === 0 ? '–' : short(x / n)
}

function percent(part: number): string {
  const value = part * 100
  return `${value >= 10 ? value.toFixed(1) : Number(value.toPrecision(2))} %`
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Number(Number.isInteger(value) ? value : value.toPrecision(3))) : '∞'
}

function seconds(ms: number): string {
  return ms >= 120_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1000)} s`
}
