/** Turning a feature off at once and beginning the rollback procedure; and the rollbacks that there were. */
import { Button, Stack } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useFeature } from '../procedure/feature-layout.tsx'
import { useWrite } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Card } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { RollbackList } from './rollback-list.tsx'

export function StartRollback(): ReactElement {
  const { run } = useFeature()
  const router = useRouter()
  const start = useWrite('startRollback')
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Card title="Roll the feature back">
        <Stack gap="sm">
          <Sentence>
            The flag is disabled first, everywhere, and that waits for nobody. Then come the seven steps of
            the rollback procedure: assess, disable and verify, code, data, infrastructure, health, report.
          </Sentence>
          <div>
            <Button color="#c92a2a" onClick={() => setAsking(true)}>
              Turn {run.flag} off and roll back…
            </Button>
          </div>
          <CopyCommand
            command={`flagmarshal rollback start ${run.feature} --reason "…"`}
            request={`POST /api/v1/projects/${run.project}/features/${run.feature}/rollbacks`}
          />
        </Stack>
        <Confirm
          opened={asking}
          close={() => setAsking(false)}
          title={`Roll ${run.feature} back`}
          verb="Turn it off now"
          danger
          reason="What happened"
          act={async (reason) => {
            const params = { project: run.project, feature: run.feature }
            const begun = await start.mutateAsync([{ params, body: { reason } }])
            router.history.push(paths.rollback(run.project, begun.id))
          }}
        >
          <p className="fm-sentence">
            Everybody who is served {run.flag} loses it, in every environment. A rollout that is running
            serves control to everybody; elsewhere the flag is disabled.
          </p>
        </Confirm>
      </Card>
      <RollbackList project={run.project} feature={run.feature} />
    </>
  )
}
