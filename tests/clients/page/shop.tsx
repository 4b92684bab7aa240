/** The shop itself; the same where it is rendered on a server. */
import { useFlag } from '@openfeature/react-sdk'

export function Shop() {
  const checkout = useFlag('new-checkout', false)
  const { value: greeting, reason } = useFlag('greeting', 'none')
  return (
    <main>
      <h1>A shop</h1>
      <p id="checkout">{checkout.value ? 'new checkout' : 'old checkout'}</p>
      <p id="greeting">{`${greeting} (${typeof reason === 'string' ? reason : 'none'})`}</p>
    </main>
  )
}
