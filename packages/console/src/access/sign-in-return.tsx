/** The page that the organisation's provider sends people back to: hands over what it said, once. */
import { useEffect, useRef } from 'react'
import type { ReactElement } from 'react'

import { paths } from '../paths.ts'
import { useWrite } from '../query.ts'
import type { Answer } from '../query.ts'
import { ErrorView } from '../ui/error-view.tsx'
import { Link } from '../ui/link.tsx'
import { Status } from '../ui/status.tsx'
import { comeBack } from './carried.ts'
import { Door } from './door.tsx'
import { useEnter } from './session.ts'

export function SignInReturn(): ReactElement {
  const enter = useEnter()
  const finish = useWrite('finishSignIn')
  const handed = useRef(false)
  const { mutate } = finish
  useEffect(() => {
    if (handed.current) return
    handed.current = true
    const query = window.location.search.slice(1)
    // The code is good once; it stays in no history.
    window.history.replaceState(window.history.state, '', window.location.pathname)
    const onSuccess = ({ did, page }: Answer<'finishSignIn'>): void => {
      comeBack(did)
      enter(page)
    }
    mutate([{ body: { query } }], { onSuccess })
  }, [enter, mutate])
  return (
    <Door title="Signing in">
      {finish.error === null ? (
        <div role="status">
          <Status of="observing" word="Asking the provider who you are" />
        </div>
      ) : (
        <>
          <ErrorView error={finish.error} />
          <p>
            <Link to={paths.signIn()}>Back to the sign-in page</Link>
          </p>
        </>
      )}
    </Door>
  )
}
