/** The public API of the engine. */
export { compile } from './compile.ts'
export type { Compiled, CompiledFlag, Engines, Problem } from './compile.ts'
export type { JsonLogic } from './condition.ts'
export { isKeptLogic } from './kept-logic.ts'
export { growthbookTest, isJavaScriptPattern, paddedVersion } from './growthbook.ts'
export { jsonLogicOf } from './json-logic.ts'
export { evaluate, flagNotFound } from './evaluate.ts'
export type { Arm, Evaluation, EvaluationError } from './evaluate.ts'
export { explain } from './explain.ts'
export type { Explanation, TraceStep } from './explain.ts'
export { bucket, BUCKETS } from './bucket.ts'
export { comparisonProblem } from './condition.ts'
export { isOfType } from './outcome.ts'
export type { Outcome } from './outcome.ts'
export { compileRegExp } from './regexp.ts'
export { kindInstant, kindVersion } from './kind-comparison.ts'
export { bucketingKey } from './attribute.ts'
export { attemptSalt, exposureHash, inKeySample } from './key-sample.ts'
export { lower, raise, reweight, share } from './ranges.ts'
export { TRAFFIC_SLICES, trafficSlice } from './slice.ts'
export { applyPatch, diffSnapshots } from './patch.ts'
export { SNAPSHOT_SCHEMA } from './snapshot.ts'
export type {
  Acknowledgement,
  InstanceDescription,
  Patch,
  PoolUsage,
  ProcessUsage,
  Snapshot,
  Telemetry,
  TelemetryCount,
  TelemetrySettings,
  TrafficSlice,
  VerificationAnswers,
  VerificationRequest,
} from './snapshot.ts'
export type { ErrorCode, Reason } from './reason.ts'
export type {
  Allocation,
  AllocationRange,
  BucketRange,
  Comparison,
  Condition,
  DateOperator,
  EvaluationContext,
  ExposedAudience,
  Exposure,
  Flag,
  FlagKind,
  FlagValue,
  HashScheme,
  JsonObject,
  JsonValue,
  KeyShare,
  Layer,
  NumberOperator,
  Prerequisite,
  Rule,
  RuleRollout,
  Segment,
  Serve,
  StringOperator,
  ValueType,
  VariantValue,
  VersionOperator,
} from './model.ts'
