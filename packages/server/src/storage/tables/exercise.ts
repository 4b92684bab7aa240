/** Verification runs and drills, and what they leave behind. */
import type { VerificationAnswers, VerificationRequest } from '@flagmarshal/evaluation'
import type { Generated } from 'kysely'

import type { Instant, JsonColumn } from '../column.ts'

export interface ExerciseTables {
  exercises: {
    id: string
    kind: 'verification' | 'alert' | 'rollback' | 'monitoring'
    project: string
    run: string
    feature: string
    flag: string
    settings: JsonColumn
    /** `failed`: it could not be carried out to its end. What it found is in `result`. */
    state: 'running' | 'done' | 'failed'
    progress: JsonColumn<readonly { readonly at: string; readonly what: string }[]>
    /** What is to be put back, should the server end before it has done so. */
    restore: JsonColumn<readonly { readonly environment: string; readonly enabled: boolean }[]>
    result: JsonColumn
    problem: string | null
    /** Hash of the evidence that was kept. */
    evidence: string | null
    started_by: string
    started_at: Instant
    /** Renewed by the server that carries it out. */
    seen_at: Instant
    ended_at: Instant | null
  }
  verification_requests: {
    id: string
    project: string
    environment: string
    /** Those that are asked. */
    instances: string[]
    request: JsonColumn<VerificationRequest>
    at: Instant
  }
  verification_answers: {
    request: string
    instance: string
    answers: JsonColumn<VerificationAnswers>
    at: Instant
  }
  instance_usage: {
    project: string
    environment: string
    instance: string
    flag: string
    variant: string
    n: number
    bad: number
    slow: number
    first_at: Instant
    last_at: Instant
  }
  alerts: {
    project: string
    environment: string
    flag: string
    rule: string
    /** Empty for what is real. */
    drill: string
    state: 'quiet' | 'firing'
    since: Instant
    numbers: JsonColumn
  }
  drill_samples: {
    drill: string
    rule: string
    at: Instant
    n: number
    bad: number
    /** Empty where the built-in evaluator reads them. */
    nonce: Generated<string>
  }
  drill_arrivals: {
    drill: string
    signal: string
    nonce: string
    state: 'firing' | 'resolved'
    at: Instant
  }
}
