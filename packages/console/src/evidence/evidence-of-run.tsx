/** Every stored fact that a run rests on, step by step: results of checks, words of people, decisions. */
import { useQueries } from '@tanstack/react-query'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useFeature } from '../procedure/feature-layout.tsx'
import { LIVE_MS, reading, useLive } from '../query.ts'
import type { Answer } from '../query.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

type Run = Answer<'showRun'>
type Step = Answer<'showStep'>

interface Piece {
  readonly hash: string
  readonly of: string
  readonly state: string
  readonly at: string | null
}

export function EvidenceOfRun(): ReactElement {
  const { run } = useFeature()
  const reads = useQueries({
    queries: run.steps.map(({ number }) => ({
      ...reading('showStep', { params: { project: run.project, run: run.id, step: String(number) } }),
      refetchInterval: LIVE_MS,
    })),
  })
  const all = useLive('listEvidence', { params: { project: run.project, run: run.id } })
  const failed = [...reads, all].find((it) => it.error !== null)
  const steps = reads.flatMap(({ data }) => (data === undefined ? [] : [data]))
  const named = [
    ...steps.map((it) => ({ title: `${it.number} · ${it.title}`, pieces: piecesOf(it) })),
    toldOf(run),
  ]
  const groups = [
    ...named,
    earlierOf(
      all.data?.items ?? [],
      named.flatMap((it) => it.pieces),
    ),
  ]
  const filled = groups.filter((it) => it.pieces.length > 0)
  return (
    <>
      {failed === undefined ? null : <ErrorView error={failed.error} />}
      {filled.length === 0 && steps.length === run.steps.length ? (
        <Card title="Evidence">
          <EmptyState title="There is none yet" command={`flagmarshal feature check ${run.feature} 1`}>
            Every check that runs, every word that somebody gives and every decision is kept here, under the
            hash of its content.
          </EmptyState>
        </Card>
      ) : null}
      {filled.map((it) => (
        <Pieces key={it.title} title={it.title} pieces={it.pieces} project={run.project} />
      ))}
    </>
  )
}

interface PiecesProps {
  readonly title: string
  readonly pieces: readonly Piece[]
  readonly project: string
}

function Pieces({ title, pieces, project }: PiecesProps): ReactElement {
  return (
    <Card title={title} beside={<span className="fm-dim">{pieces.length}</span>} flush>
      <table className="fm-table">
        <tbody>
          {pieces.map((it) => (
            <tr key={`${it.hash} ${it.of}`}>
              <td>
                <Link to={paths.evidence(project, it.hash)}>
                  <code>{it.hash.slice(0, 12)}</code>
                </Link>
              </td>
              <td>{it.of}</td>
              <td>
                <Status of={it.state} />
              </td>
              <td className="fm-dim">{it.at === null ? '' : <TimeAgo at={it.at} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}

/** What the checks, words and decisions of a step are kept as; each hash once. */
function piecesOf(step: Step): readonly Piece[] {
  const checks = step.checks.flatMap((it): readonly Piece[] => [
    ...(it.evidence === null
      ? []
      : [{ hash: it.evidence, of: `${it.id} ${it.title}`, state: it.state, at: it.at }]),
    ...(it.attested === null
      ? []
      : [
          {
            hash: it.attested.evidence,
            of: `${it.id} ${it.attested.by}: ${it.attested.statement}`,
            state: 'attested',
            at: it.attested.at,
          },
        ]),
  ])
  const decisions = step.attempts.flatMap(({ number, decisions: made }) =>
    made.flatMap((it) =>
      it.evidence.map((hash) => ({
        hash,
        of: `rested on at attempt ${number}, by ${it.by} as ${it.role.replaceAll('-', ' ')}`,
        state: it.decision,
        at: it.at,
      })),
    ),
  )
  const answers = step.attempts.flatMap(({ failureActions }) =>
    failureActions.flatMap((it): readonly Piece[] =>
      it.closed === null || it.closed.evidence === null
        ? []
        : [{ hash: it.closed.evidence, of: it.title, state: 'attested', at: it.closed.at }],
    ),
  )
  return once([...checks, ...answers, ...decisions])
}

/** What was kept of telling people how it ended. */
function toldOf(run: Run) {
  const told = (run.exit?.told ?? []).flatMap((it) =>
    it.evidence.map((hash) => ({
      hash,
      of: `told to ${it.name}`,
      state: it.state === 'delivered' ? 'pass' : 'unknown',
      at: null,
    })),
  )
  return { title: 'Exit', pieces: once(told) }
}

/** What nothing rests on any more: earlier results of checks, earlier words. */
function earlierOf(all: Answer<'listEvidence'>['items'], named: readonly Piece[]) {
  const known = new Set(named.map((it) => it.hash))
  const pieces = all
    .filter((it) => !known.has(it.hash))
    .map((it): Piece => ({
      hash: it.hash,
      of: `${it.kind.replaceAll('-', ' ')}${it.step === null ? '' : `, step ${it.step}`}, by ${it.by}`,
      state: 'kept',
      at: it.at,
    }))
  return { title: 'Earlier, and kept', pieces }
}

function once(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.filter((it, index) => pieces.findIndex((one) => one.hash === it.hash) === index)
}
