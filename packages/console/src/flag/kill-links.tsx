/** Links that open the kill page of the flag without a session: made here, listed, and taken back. */
import { commandWord } from '@flagmarshal/domain/flag/key'
import { Button } from '@mantine/core'
import type { ReactElement } from 'react'

import { useMe } from '../access/session.ts'
import { paths } from '../paths.ts'
import { useLive, useWrite } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { ErrorView } from '../ui/error-view.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card } from '../ui/page.tsx'
import { Status } from '../ui/status.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'
import type { FlagPart } from './flag.tsx'

import classes from './flag.module.css'

/** As long as a shift looks for the link in its messages. */
const MINUTES = 240

export function KillLinks({ project, flag, config }: FlagPart): ReactElement | null {
  const { environment } = config
  const me = useMe()
  const links = useLive('listKillLinks', { params: { project } })
  const create = useWrite('createKillLink')
  const revoke = useWrite('revokeKillLink')
  if (me?.permissions.includes('flag:kill') !== true) return null
  const params = { project, flag: flag.key, environment }
  const error = create.error ?? revoke.error
  return (
    <Card
      title="Kill links"
      beside={<a href={paths.kill(project, environment, flag.key)}>Open the kill page</a>}
    >
      <p className="fm-dim">
        A link opens the kill page of this flag in {environment} for whoever has it, and can do nothing else.
        Messages to Slack, PagerDuty and mail carry one.
      </p>
      <Loaded read={links}>
        {({ items }) => (
          <ul className={classes['links']} aria-label="Kill links">
            {items
              .filter((it) => it.flag === flag.key && it.environment === environment)
              .map((it) => (
                <li key={it.id}>
                  <Status
                    of={it.revokedAt === undefined ? 'connected' : 'off'}
                    word={it.revokedAt === undefined ? 'works' : `revoked by ${it.revokedBy ?? ''}`}
                  />{' '}
                  <code>{it.id}</code> by {it.by}, ends <TimeAgo at={it.expiresAt} />{' '}
                  {it.revokedAt === undefined ? (
                    <Button
                      variant="default"
                      size="compact-xs"
                      aria-label={`Revoke ${it.id}`}
                      onClick={() => revoke.mutate([{ params: { project, link: it.id } }])}
                    >
                      Revoke
                    </Button>
                  ) : null}
                </li>
              ))}
          </ul>
        )}
      </Loaded>
      {create.data === undefined ? (
        <Button
          variant="default"
          size="xs"
          loading={create.isPending}
          onClick={() => create.mutate([{ params, body: { expiresInMinutes: MINUTES } }])}
        >
          Make a link for four hours
        </Button>
      ) : (
        <>
          <p className="fm-dim">It is shown once:</p>
          <code className={classes['made']}>{create.data.link}</code>
        </>
      )}
      {error === null ? null : <ErrorView error={error} />}
      <CopyCommand
        command={`flagmarshal kill-link ${commandWord(flag.key)} -e ${environment} --expires 4h`}
      />
    </Card>
  )
}
