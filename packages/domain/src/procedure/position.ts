/**
 * The words in which a run says where it stands: what it waits for, what blocks it and who can clear
 * that, and the acts that are possible next.
 */
import type { Role } from '../access/permission.ts'
import type { Act } from './can.ts'

export type WaitsFor =
  | 'inputs'
  | 'work-plan'
  | 'decision'
  | 'acknowledgement'
  | 'review'
  | 'approval'
  | 'schedule'
  | 'nothing'

/** Something that is missing, and who can give it. */
export interface Blocker {
  readonly code: string
  readonly message: string
  readonly remedy: string
  /** Empty: anybody who may write. */
  readonly who: readonly string[]
  readonly role?: Role
  readonly step?: number
}

/** An act that is possible now. */
export interface NextAct {
  readonly act: Act
  readonly title: string
  readonly who: readonly string[]
  readonly role?: Role
  readonly step?: number
  /** The input, check, or review subject that it is about. */
  readonly about?: string
}

export interface Position {
  readonly waitsFor: WaitsFor
  readonly step?: number
  /** One sentence. */
  readonly status: string
  readonly blockers: readonly Blocker[]
  readonly next: readonly NextAct[]
}
