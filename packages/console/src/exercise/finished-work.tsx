/** Tells, on whatever page one is, that work has ended which was begun on another. */
import { CloseButton } from '@mantine/core'
import { useEffect } from 'react'
import type { ReactElement } from 'react'

import { problemOf, useLive } from '../query.ts'
import { Link } from '../ui/link.tsx'
import { Status } from '../ui/status.tsx'
import { forgetWork, isUnderWay, settleWork, useWorks } from './long-work.ts'
import type { Work } from './long-work.ts'

import classes from './exercise.module.css'

export function FinishedWork(): ReactElement {
  const works = useWorks()
  return (
    <>
      {works.map((it) => (it.ended === undefined ? <Watch key={it.id} work={it} /> : null))}
      <div role="status" aria-label="Finished work" className={classes['told']}>
        {works.map((it) => (it.ended === undefined ? null : <Told key={it.id} work={it} />))}
      </div>
    </>
  )
}

function Told({ work: { id, ended, title, to } }: { readonly work: Work }): ReactElement {
  const words = `${title} has ended`
  return (
    <p>
      <Status of={ended === 'failed' ? 'fail' : 'pass'} word={words} />
      <Link to={to} onClick={() => forgetWork(id)}>
        Look at it
      </Link>
      <CloseButton size="sm" aria-label={`Dismiss: ${words}`} onClick={() => forgetWork(id)} />
    </p>
  )
}

/** Asks for one again and again until it has ended. Draws nothing. */
function Watch({ work: { id, operation, project, run } }: { readonly work: Work }): null {
  const read = useLive(operation, { params: { project, run } })
  const found = read.data?.items.find((it) => it.id === id)
  const ended =
    found === undefined || isUnderWay(found) ? undefined : found.state === 'failed' ? 'failed' : 'done'
  const gone = [403, 404].includes(problemOf(read.error)?.status ?? 0)
  useEffect(() => {
    if (ended !== undefined) settleWork(id, ended)
    else if (gone) forgetWork(id)
  }, [id, ended, gone])
  return null
}
