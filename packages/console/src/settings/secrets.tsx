/** The secrets of the installation: sealed anew under the present key. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { useWrite } from '../query.ts'
import { Confirm } from '../ui/confirm.tsx'
import { CopyCommand } from '../ui/copy-command.tsx'
import { Card } from '../ui/page.tsx'
import { Sentence } from '../ui/sentence.tsx'
import { Status } from '../ui/status.tsx'
import { useCannot } from './may.ts'
import { SettingsPage } from './settings-page.tsx'

import classes from './settings.module.css'

export function Secrets(): ReactElement {
  const rotate = useWrite('rotateSecrets')
  const cannot = useCannot('access:write')
  const [asking, setAsking] = useState(false)
  const { data } = rotate
  return (
    <SettingsPage title="Secrets">
      <Card title="The key that seals them">
        <Sentence>
          Secrets of channels, connections and hooks are encrypted with the key in FLAGMARSHAL_SECRET_KEY, or
          the one that the server made for itself. To change it: put the new key before the old one with a
          comma between, start the server, seal everything anew here, then take the old one away.
        </Sentence>
        <div className={classes['end']}>
          <Button variant="default" disabled={cannot !== undefined} onClick={() => setAsking(true)}>
            Seal every secret anew…
          </Button>
          {cannot === undefined ? null : <span className="fm-dim">{cannot}</span>}
        </div>
        <div role="status">
          {data === undefined ? null : (
            <p>
              <Status
                of={data.lost.length === 0 ? 'pass' : 'fail'}
                word={`${data.sealed} sealed anew, ${data.unchanged} were under the present key already`}
              />
              {data.lost.length === 0 ? '' : ` No key opens: ${data.lost.join(', ')}. Give them anew.`}
            </p>
          )}
        </div>
        <div className={classes['twin']}>
          <CopyCommand command="flagmarshal secret rotate" request="POST /api/v1/secrets/rotate" />
        </div>
      </Card>
      <Confirm
        opened={asking}
        close={() => setAsking(false)}
        title="Seal every secret anew"
        verb="Seal them"
        act={() => rotate.mutateAsync([])}
      >
        <p className="fm-sentence">
          Each stored secret is opened with whichever key fits and sealed with the present one. None of them
          changes, and nothing stops meanwhile.
        </p>
      </Confirm>
    </SettingsPage>
  )
}
