import { relaxationsOf, standing } from './approval.ts'
import { hasReached } from './milestone.ts'
import type { ProcedureDefinition } from './model.ts'
import { positionOf } from './next.ts'
/**
 * The gates that pipelines ask (P-O3). A gate is open while its milestone is reached and the run is
 * neither halted nor ended; the gate of a stage is open once the rollout has got that far.
 */
import type { Blocker, NextAct } from './position.ts'
import type { Run, Setting } from './run.ts'

/** A milestone by its id, or a stage of the rollout, counted from 1. */
export type GateName = { readonly milestone: string } | { readonly stage: number }

/** How far the feature's rollout has got, given by whoever knows. */
export interface StageFacts {
  readonly state: string
  /** The stage that it is in, from 1; 0 while nobody is exposed. */
  readonly stage: number
  /** Whether it is moving or done: neither rolled back nor ended early. */
  readonly alive: boolean
}

export interface Gate {
  readonly open: boolean
  /** What must be known of it whether it is open or not. */
  readonly notes: readonly string[]
  readonly blockers: readonly Blocker[]
  readonly next: readonly NextAct[]
}

/** Whether a gate is open. `present` is the hash that the bundle has now; another one than approved closes it. */
export function gateOf(
  setting: Setting,
  run: Run,
  name: GateName,
  facts: { readonly presentHash?: string; readonly stage?: StageFacts },
): Gate {
  const position = positionOf(setting, run)
  const blockers = [
    ...milestoneBlockers(setting, run, name, position.blockers),
    ...hashBlockers(run, facts.presentHash),
  ]
  const notes = relaxationsOf(run)
  if (blockers.length > 0) return { open: false, notes, blockers, next: position.next }
  const late = 'stage' in name ? stageBlockers(name.stage, facts.stage) : []
  return { open: late.length === 0, notes, blockers: late, next: late.length === 0 ? [] : position.next }
}

/** The name of a gate: `flags-ready`, `plan-approved`, `stage:3`; undefined for anything else. */
export function parseGate(definition: ProcedureDefinition, text: string): GateName | undefined {
  const stage = /^stage:([1-9]\d?)$/.exec(text)?.[1]
  if (stage !== undefined) return { stage: Number(stage) }
  return definition.milestones.some((it) => it.id === text) ? { milestone: text } : undefined
}

// oxlint-disable-next-line max-params -- private, and each of them is asked
function milestoneBlockers(
  setting: Setting,
  run: Run,
  name: GateName,
  blockers: readonly Blocker[],
): readonly Blocker[] {
  const { milestones } = setting.definition
  const milestone =
    'milestone' in name
      ? milestones.find((it) => it.id === name.milestone)
      : milestones.find((it) => it.when === 'approved')
  const reached = milestone !== undefined && hasReached(milestone, run)
  const moving = run.state.kind !== 'halted' && run.state.kind !== 'aborted'
  if (reached && moving) return []
  if (blockers.length > 0) return blockers
  return [
    {
      code: `run-${run.state.kind}`,
      message: `The run is ${run.state.kind}.`,
      remedy: 'Start a new run.',
      who: [],
    },
  ]
}

function hashBlockers(run: Run, presentHash: string | undefined): readonly Blocker[] {
  const approved = standing(run)[0]?.bundleHash
  if (presentHash === undefined || approved === undefined || presentHash === approved) return []
  return [
    {
      code: 'bundle-changed',
      message: `The bundle hashes to ${presentHash}; approved was ${approved}.`,
      remedy: 'Decide the changed steps again and have the bundle approved.',
      who: [],
    },
  ]
}

function stageBlockers(stage: number, facts: StageFacts | undefined): readonly Blocker[] {
  if (facts?.alive === true && facts.stage >= stage) return []
  const message =
    facts === undefined
      ? 'The rollout has not been started.'
      : `The rollout is ${facts.state} at stage ${facts.stage}; asked for is stage ${stage}.`
  return [
    {
      code: 'stage-not-reached',
      message,
      remedy: facts === undefined ? 'Start the rollout.' : 'Look at the rollout for what it waits for.',
      who: [],
    },
  ]
}
