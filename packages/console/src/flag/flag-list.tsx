/** The flags of the inventory as a table, and the clean-up of those that should go. */
import { Button, Checkbox } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { VirtualRows } from '../ui/virtual-rows.tsx'

import classes from './flag.module.css'

export type Flag = Answer<'listFlags'>['items'][number]
export type Life = Answer<'listFlagLifecycle'>['items'][number]

/** Stages from which a flag goes: a clean-up can be asked for. */
const GOING: ReadonlySet<string> = new Set(['stale', 'monitor', 'remove'])

/** A flag, and where it is in its life once that is known. */
export interface Standing {
  readonly flag: Flag
  readonly life: Life | undefined
}

interface ListProps {
  readonly project: string
  readonly rows: readonly Standing[]
}

/** As many as there are; those that should go can be chosen, and their clean-up asked for at once. */
export function FlagList({ project, rows }: ListProps): ReactElement {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const going = rows.filter((it) => it.life !== undefined && GOING.has(it.life.stage))
  const choose = (flag: string, is: boolean): void => {
    const next = new Set(chosen)
    if (is) next.add(flag)
    else next.delete(flag)
    setChosen(next)
  }
  return (
    <>
      {going.length === 0 ? null : (
        <CleanUp
          project={project}
          chosen={going.map((it) => it.flag.key).filter((it) => chosen.has(it))}
          all={going.map((it) => it.flag.key)}
          choose={(keys) => setChosen(new Set(keys))}
        />
      )}
      <VirtualRows
        label="Flags"
        columns={['Flag', 'Type', 'Owner', 'State', 'Evaluated', 'In code', 'Ends']}
        count={rows.length}
        row={(index) => {
          const it = rows[index]
          return it === undefined ? null : (
            <Row
              key={it.flag.key}
              project={project}
              standing={it}
              chosen={chosen.has(it.flag.key)}
              choose={(is) => choose(it.flag.key, is)}
            />
          )
        }}
      />
    </>
  )
}

interface CleanUpProps {
  readonly project: string
  readonly chosen: readonly string[]
  readonly all: readonly string[]
  readonly choose: (flags: readonly string[]) => void
}

/** Asks for the removal of many from the code: a signal each, and an issue each where Jira is connected. */
function CleanUp({ project, chosen, all, choose }: CleanUpProps): ReactElement {
  const ask = useWrite('requestCleanUp')
  const [done, setDone] = useState<number>()
  const every = chosen.length === all.length
  const send = async (): Promise<void> => {
    let asked = 0
    for (const flag of chosen) {
      const is = await ask.mutateAsync([{ params: { project, flag } }]).catch(() => undefined)
      if (is === undefined) break
      asked += 1
    }
    setDone(asked)
    choose(chosen.slice(asked))
  }
  return (
    <div className={classes['cleanUp']}>
      <Checkbox
        label={`All ${all.length} that should go`}
        checked={every}
        indeterminate={!every && chosen.length > 0}
        onChange={() => choose(every ? [] : all)}
      />
      <Button
        variant="default"
        size="xs"
        disabled={chosen.length === 0}
        loading={ask.isPending}
        onClick={() => void send()}
      >
        Open clean-up{chosen.length === 0 ? '' : ` of ${chosen.length}`}
      </Button>
      <span className="fm-dim" role="status">
        {done === undefined
          ? 'A signal for each, and an issue where a Jira channel names a project for follow-ups.'
          : `Asked for ${done}: told to every channel that takes flag.cleanup.requested.`}
      </span>
      {ask.error === null ? null : <ErrorView error={ask.error} />}
    </div>
  )
}

interface RowProps {
  readonly project: string
  readonly standing: Standing
  readonly chosen: boolean
  readonly choose: (is: boolean) => void
}

function Row({ project, standing: { flag, life }, chosen, choose }: RowProps): ReactElement {
  return (
    <>
      <td>
        <span className={classes['name']}>
          {life !== undefined && GOING.has(life.stage) ? (
            <Checkbox
              size="xs"
              aria-label={`Choose ${flag.key}`}
              checked={chosen}
              onChange={(event) => choose(event.currentTarget.checked)}
            />
          ) : null}
          <Link to={paths.flag(project, flag.key)}>
            <strong>{flag.name}</strong>
          </Link>{' '}
          <code className="fm-dim">{flag.key}</code>
        </span>
      </td>
      <td>{flag.kind}</td>
      <td>{flag.owner}</td>
      <td>
        <span className={classes['states']}>
          {flag.environments.map((it) => (
            <Status
              key={it.environment}
              of={it.enabled ? 'on' : 'off'}
              word={`${it.environment} ${it.enabled ? 'on' : 'off'}`}
            />
          ))}
        </span>
      </td>
      <td>
        {life === undefined ? null : life.lastEvaluatedAt === null ? (
          <span className="fm-dim">not in 30 days</span>
        ) : (
          <TimeAgo at={life.lastEvaluatedAt} />
        )}
      </td>
      <td>{life === undefined ? null : (life.references ?? <span className="fm-dim">not known</span>)}</td>
      <td>
        <Ends flag={flag} life={life} />
      </td>
    </>
  )
}

const GOING_WORDS: Readonly<Record<string, readonly [state: string, word: string]>> = {
  stale: ['held', 'stale'],
  monitor: ['held', 'to monitor'],
  remove: ['failing', 'to remove'],
}

function Ends({ flag, life }: { readonly flag: Flag; readonly life: Life | undefined }): ReactElement {
  const going = GOING_WORDS[life?.stage ?? '']
  if (going !== undefined) {
    return (
      <span title={life?.why}>
        <Status of={going[0]} word={going[1]} />
      </span>
    )
  }
  return flag.expiresAt === undefined ? (
    <span className="fm-dim">stays</span>
  ) : (
    <TimeAgo at={flag.expiresAt} />
  )
}
