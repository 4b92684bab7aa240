/** How a configuration came to be what it is, and the way back: restoring is a change like any other. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import { differencesOf } from './config-difference.ts'
import { bodyOf, draftOf, isSame } from './config-draft.ts'
import { Differences } from './differences.tsx'
import type { FlagPart } from './flag.tsx'
import { MOST_ENTRIES, useHistory } from './history-entries.ts'
import type { HistoryEntry } from './history-entries.ts'

export function History(part: FlagPart): ReactElement {
  const { read, entries } = useHistory(part)
  return (
    <Card
      title={`History in ${part.config.environment}`}
      beside={<span className="fm-dim">the last {MOST_ENTRIES} changes of the flag</span>}
      flush
    >
      <Loaded read={read}>
        {() =>
          entries.length === 0 ? (
            <EmptyState title="Never changed here" command={`flagmarshal audit list`}>
              It is as it was created: off. Each change is listed here with who made it, and can be restored.
            </EmptyState>
          ) : (
            <table className="fm-table">
              <thead>
                <tr>
                  <th>Revision</th>
                  <th>When</th>
                  <th>Who</th>
                  <th>What changed</th>
                  <th>Why</th>
                  <th>
                    <span className="fm-hidden">Restore</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {entries.map((it, index) => (
                  <Row key={it.seq} part={part} entry={it} before={entries[index + 1]} />
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </Card>
  )
}

interface RowProps {
  readonly part: FlagPart
  readonly entry: HistoryEntry
  readonly before: HistoryEntry | undefined
}

function Row({ part, entry, before }: RowProps): ReactElement {
  const [opened, setOpened] = useState(false)
  const changes = before === undefined ? undefined : differencesOf(before.config, entry.config)
  return (
    <tr>
      <td>{entry.config.revision}</td>
      <td>
        <TimeAgo at={entry.at} />
      </td>
      <td>{entry.actor.name}</td>
      <td>
        {changes === undefined
          ? entry.action
          : changes.length === 0
            ? 'nothing that is served'
            : changes.map((it) => (
                <div key={it.place}>
                  {it.label}: {it.before ?? '–'} → <strong>{it.after ?? 'removed'}</strong>
                </div>
              ))}
      </td>
      <td>{entry.reason ?? ''}</td>
      <td className="fm-number">
        {isSame(entry.config, part.config) ? (
          <span className="fm-dim">as now</span>
        ) : (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`Restore revision ${entry.config.revision}`}
            onClick={() => setOpened(true)}
          >
            Restore
          </Button>
        )}
        <Restore part={part} entry={entry} opened={opened} close={() => setOpened(false)} />
      </td>
    </tr>
  )
}

interface RestoreProps extends Omit<RowProps, 'before'> {
  readonly opened: boolean
  readonly close: () => void
}

function Restore({ part, entry, opened, close }: RestoreProps): ReactElement {
  const { project, flag, config } = part
  const write = useWrite('configureFlag')
  const params = { project, flag: flag.key, environment: config.environment }
  // A rollout's rule is never restored: it belongs to the rollout that is, or is not, there now.
  const body = bodyOf(draftOf(entry.config))
  const shown = { ...body, rules: [...body.rules, ...config.rules.filter((it) => it.rollout !== undefined)] }
  return (
    <Confirm
      opened={opened}
      close={close}
      title={`Restore revision ${entry.config.revision} in ${config.environment}`}
      verb="Restore"
      act={() => write.mutateAsync([{ params, body, ifMatch: config.revision }])}
    >
      <Differences of={differencesOf(config, shown)} after={`As in revision ${entry.config.revision}`} />
      <p className="fm-dim">
        It becomes a new revision. In a protected environment it passes the gate of the flag’s feature, as
        turning on does; approvals that were given for another configuration do not cover it.
      </p>
    </Confirm>
  )
}
