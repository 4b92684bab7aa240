/** Starting the rollout that an approved run has planned: the first attempt, or one after a rollback. */
import { Button } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useMe } from '../access/session.ts'
import { paths } from '../paths.ts'
import { useWrite } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'

interface StartRolloutProps {
  readonly project: string
  readonly feature: string
  /** The approved run. */
  readonly run: string
  /** `Start the rollout`. */
  readonly verb: string
}

export function StartRollout({ project, feature, run, verb }: StartRolloutProps): ReactElement {
  const [asking, setAsking] = useState(false)
  const start = useWrite('startRollout')
  const router = useRouter()
  const may = useMe()?.permissions.includes('rollout:operate') ?? false
  const act = async (): Promise<void> => {
    const made = await start.mutateAsync([{ params: { project }, body: { run } }])
    router.history.push(paths.rollout(project, made.id))
  }
  return (
    <>
      <Button disabled={!may} onClick={() => setAsking(true)}>
        {verb}
      </Button>
      {asking ? (
        <Confirm opened close={() => setAsking(false)} title={`${verb}: ${feature}`} verb={verb} act={act}>
          The plan that was approved is followed from its first stage: both arms are observed before anybody
          is exposed. Whoever was exposed before is exposed again first.
        </Confirm>
      ) : null}
    </>
  )
}
