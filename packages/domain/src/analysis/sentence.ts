/**
 * Verdicts in words: which test spoke, and its arithmetic.
 *
 * Made on demand from the recorded numbers, so that wording can improve without touching what was
 * decided.
 */
import type { ArmCounts, Breach, Judgement, Lack, UnknownKind, Verdict } from './model.ts'
import { BURN_IN_WINDOWS } from './statistics/block.ts'

/** One sentence on a verdict, such as "errors: exposed 3/1200 (0.25 %) … → go (absolute)". */
export function verdictSentence(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'no-go':
      return breachSentence(verdict.breach)
    case 'no-data':
      return `${verdict.criterion}: no data for ${seconds(verdict.blindMs)} (${unknownText(verdict.unknown)}: ${verdict.detail}); unknown is neither pass nor fail`
    case 'hold':
      if (verdict.reason === 'both-arms') {
        return `${verdict.criterion}: ${armsText(verdict.judgement)}; both arms fail together, so it is not this feature → hold`
      }
      return `${verdict.criterion}: ${armsText(verdict.judgement)}; ${verdict.lacks.map((lack) => lackText(lack, verdict.judgement)).join('; ')} → collecting`
    case 'go':
      return `${verdict.criterion}: ${armsText(verdict.judgement)}; ${goText(verdict.judgement)} → ${tierText(verdict.tier, verdict.judgement)}`
  }
}

/** One sentence on a breach: "errors: exposed 41/212 (19.3 %), control 1/640 (0.2 %); F1r log e = 9.21 ≥ ln(1/0.001) = 6.91 → roll back". */
export function breachSentence(breach: Breach): string {
  const { criterion, exposed, control, test, value, threshold } = breach
  const counts = `${criterion}: ${armsText({ exposed, control })}`
  switch (test) {
    case 'F1r':
      return `${counts}; F1r log e = ${value.toFixed(2)} ≥ ${thresholdText(threshold)}, dispersion ${short(breach.phi)}: worse than the control`
    case 'F2b-harm':
      return `${counts}; F2b-harm log e = ${value.toFixed(2)} ≥ ${thresholdText(threshold)}, dispersion ${short(breach.phi)}: above the ceiling of ${percent(breach.ceiling ?? 0)}`
    case 'hard-floor':
      return `${counts} in the latest windows but the worst; ${percent(value)} ≥ hard floor ${percent(threshold)}, and at least twice the control's: an outage`
  }
}

function armsText({ exposed, control }: { exposed: ArmCounts; control: ArmCounts }): string {
  return control.n === 0
    ? `exposed ${share(exposed)}, no control`
    : `exposed ${share(exposed)}, control ${share(control)}`
}

function goText({ safe, harmLogE }: Judgement): string {
  const parts: string[] = []
  if (safe !== undefined) {
    parts.push(
      `F2b-safe log e = ${safe.logE.toFixed(2)} (threshold ${thresholdText(safe.threshold)}) against the ceiling of ${percent(safe.ceiling)}`,
    )
    parts.push(
      `block-abs over ${safe.block.t} windows ${short(safe.block.mean)} ± ${short(safe.block.halfWidth ?? Infinity)}`,
    )
  }
  if (harmLogE !== undefined) parts.push(`F1r log e = ${harmLogE.toFixed(2)}`)
  return parts.join(', ')
}

function tierText(tier: 'A' | 'A-only' | 'time', { safe, control }: Judgement): string {
  if (tier === 'time') return 'go by time, as the plan allows at low traffic'
  if (tier === 'A' || safe === undefined) return 'GO (absolute)'
  if (control.x === 0) return 'GO (absolute): below the ceiling, which is all that is shown'
  const ratio = (safe.ceiling * control.n) / control.x
  return `GO (absolute): a regression up to ${short(ratio)} times the control cannot be excluded`
}

function lackText(lack: Lack, judgement: Judgement): string {
  const { safe } = judgement
  switch (lack) {
    case 'ceiling':
      return 'no ceiling is given, so nothing absolute can be shown'
    case 'safe':
      return `F2b-safe log e = ${(safe?.logE ?? 0).toFixed(2)} < ${thresholdText(safe?.threshold ?? 0)}`
    case 'block':
      return (safe?.block.t ?? 0) < BURN_IN_WINDOWS
        ? `block-abs has ${safe?.block.t ?? 0} of ${BURN_IN_WINDOWS} windows`
        : `block-abs ${short(safe?.block.mean ?? 0)} ± ${short(safe?.block.halfWidth ?? Infinity)} does not exclude the ceiling`
    case 'harm':
      return `F1r log e = ${(judgement.harmLogE ?? 0).toFixed(2)} > 0: the exposed arm looks worse than the control`
    case 'ceiling-too-far':
      return `the ceiling of ${percent(safe?.ceiling ?? 0)} is more than twice the observed rate`
  }
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
