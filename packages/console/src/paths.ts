/** Every address of the console, made in one place: links anywhere use these functions. */

const project = (key: string) => `/p/${encodeURIComponent(key)}`

export const paths = {
  home: () => '/',
  now: () => '/now',
  signIn: (then?: string) =>
    then === undefined || then === '/' ? '/sign-in' : `/sign-in?then=${encodeURIComponent(then)}`,
  setUp: () => '/set-up',
  invitation: () => '/invitation',
  account: () => '/account',
  start: (key: string) => `${project(key)}/start`,
  features: (key: string) => `${project(key)}/f`,
  feature: (key: string, feature: string) => `${project(key)}/f/${encodeURIComponent(feature)}`,
  inputs: (key: string, feature: string) => `${paths.feature(key, feature)}/inputs`,
  workPlan: (key: string, feature: string) => `${paths.feature(key, feature)}/work-plan`,
  documents: (key: string, feature: string) => `${paths.feature(key, feature)}/documents`,
  document: (key: string, feature: string, document: string) =>
    `${paths.documents(key, feature)}/${encodeURIComponent(document)}`,
  approval: (key: string, feature: string) => `${paths.feature(key, feature)}/approval`,
  outputs: (key: string, feature: string) => `${paths.feature(key, feature)}/outputs`,
  evidenceOf: (key: string, feature: string) => `${paths.feature(key, feature)}/evidence`,
  evidence: (key: string, hash: string) => `${project(key)}/evidence/${hash}`,
  rollbackOf: (key: string, feature: string) => `${paths.feature(key, feature)}/rollback`,
  rollbacks: (key: string) => `${project(key)}/rollbacks`,
  rollback: (key: string, rollback: string) => `${project(key)}/rollbacks/${rollback}`,
  audit: (key: string, run?: string) => `${project(key)}/audit${run === undefined ? '' : `?run=${run}`}`,
  step: (key: string, feature: string, step: number) => `${paths.feature(key, feature)}/steps/${step}`,
  featureRollout: (key: string, feature: string) => `${paths.feature(key, feature)}/rollout`,
  rollouts: (key: string) => `${project(key)}/rollouts`,
  rolloutCalendar: (key: string) => `${project(key)}/rollouts/calendar`,
  rollout: (key: string, rollout: string) => `${project(key)}/rollouts/${encodeURIComponent(rollout)}`,
  flags: (key: string) => `${project(key)}/flags`,
  flag: (key: string, flag: string) => `${project(key)}/flags/${encodeURIComponent(flag)}`,
  compareFlag: (key: string, flag: string) => `${paths.flag(key, flag)}/compare`,
  segments: (key: string) => `${project(key)}/segments`,
  segment: (key: string, segment: string) => `${project(key)}/segments/${encodeURIComponent(segment)}`,
  /** Rendered by the server, without the console. */
  killList: () => '/k',
  kill: (key: string, environment: string, flag: string) =>
    `/k/${encodeURIComponent(key)}/${encodeURIComponent(environment)}/${encodeURIComponent(flag)}`,
} as const
