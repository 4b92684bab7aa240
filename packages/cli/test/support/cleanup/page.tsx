/** A page with hooks: one asks, others are told. */
import { useFlag } from '@openfeature/react-sdk'
import { useState } from 'react'
import type { ReactElement } from 'react'

import { FLAGS } from './flags.ts'

export function Page(): ReactElement {
  const { value: checkoutOn } = useFlag(FLAGS.checkout, false)
  const search = useFlag(FLAGS.search, false)
  const [count, setCount] = useState(0)
  const title = checkoutOn ? 'Checkout' : 'Your cart'
  return (
    <main className={checkoutOn ? 'wide' : undefined}>
      <h1>{title}</h1>
      {checkoutOn && <p>Everything on one page.</p>}
      {!checkoutOn && count > 0 ? (
        <p>
          Step {count} of {search.value ? 3 : 4}
        </p>
      ) : null}
      {checkoutOn ? <NewCart count={count} /> : <OldCart next={() => setCount(count + 1)} />}
      <Footer compact={checkoutOn} />
      <button type="button" onClick={() => setCount(0)}>
        Again
      </button>
    </main>
  )
}

export function Footer({ compact }: { readonly compact: boolean }): ReactElement {
  return <footer>{compact ? 'Terms' : 'Terms and conditions'}</footer>
}

function NewCart({ count }: { readonly count: number }): ReactElement {
  const flag = useFlag('new-checkout', false)
  return <section hidden={!flag.value}>{count}</section>
}

function OldCart({ next }: { readonly next: () => void }): ReactElement {
  return (
    <button type="button" onClick={next}>
      Next
    </button>
  )
}
