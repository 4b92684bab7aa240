/** What people see. It is drawn again by itself whenever one of its flags changes. */
import { useFlag } from '@openfeature/react-sdk'

export function Shop({ user }: { readonly user: string }) {
  const { value: isNew, variant } = useFlag('new-checkout', false)
  return (
    <main>
      <h1>A shop for {user}</h1>
      <button type="button">{isNew ? 'Buy now' : 'Go to the cart'}</button>
      <p>
        <small>new-checkout is {variant ?? 'not known'}</small>
      </p>
    </main>
  )
}
