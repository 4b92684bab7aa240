/** One stored fact by its hash: what it is, who or what produced it, and its content as it was hashed. */
import { useParams } from '@tanstack/react-router'
import type { ReactElement } from 'react'

import { useRead } from '../query.ts'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Card, Page } from '../ui/page.tsx'
import { TimeAgo } from '../ui/time-ago.tsx'

import classes from '../procedure/feature.module.css'

export function Evidence(): ReactElement {
  const { project = '', hash = '' } = useParams({ strict: false })
  const read = useRead('showEvidence', { params: { project, hash } })
  return (
    <Page title={`Evidence ${hash.slice(0, 12)}`}>
      <Loaded read={read}>
        {(it) => (
          <Card title={it.kind.replaceAll('_', ' ')}>
            <dl className={classes['values']}>
              <dt>hash</dt>
              <dd>
                <code>{it.hash}</code>
              </dd>
              <dt>run</dt>
              <dd>
                <code>{it.run}</code>
                {it.step === null ? '' : `, step ${it.step}`}
              </dd>
              <dt>by</dt>
              <dd>
                {it.by}, <TimeAgo at={it.at} />
              </dd>
            </dl>
            <pre className={classes['json']} tabIndex={0} aria-label="Content">
              {JSON.stringify(it.content, null, 2)}
            </pre>
            <CopyCommand
              command={`flagmarshal evidence show ${hash}`}
              request={`GET /api/v1/projects/${project}/evidence/${hash}`}
            />
          </Card>
        )}
      </Loaded>
    </Page>
  )
}
