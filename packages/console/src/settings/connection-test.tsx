/** Asks every part of a connection whether it answers and lets the server in, and shows what each said. */
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { useCannot } from './may.ts'

import classes from './settings.module.css'

interface ConnectionTestProps {
  readonly project: string
  readonly connection: string
}

export function ConnectionTest({ project, connection }: ConnectionTestProps): ReactElement {
  const test = useWrite('testConnection')
  const cannot = useCannot('procedure:write')
  const { data } = test
  return (
    <>
      <Button
        variant="default"
        size="compact-sm"
        disabled={cannot !== undefined}
        loading={test.isPending}
        aria-label={`Test now: ${connection}`}
        onClick={() => test.mutate([{ params: { project, connection } }])}
      >
        Test now
      </Button>
      {test.error === null ? null : <ErrorView error={test.error} />}
      <div role="status">
        {test.isPending ? <Status of="observing" word="Asking each part" /> : null}
        {data === undefined || test.isPending ? null : (
          <ul className={classes['probes']}>
            {data.probes.map((it) => (
              <li key={it.part}>
                <Status of={it.state} word={it.part} /> {it.note}{' '}
                <span className="fm-dim">{Math.round(it.ms)} ms</span>
              </li>
            ))}
            <li className="fm-dim">
              asked <TimeAgo at={data.at} />
            </li>
          </ul>
        )}
      </div>
    </>
  )
}
