/** Which expressions do nothing but give a value, so that they may go with it. */
import { bare } from '../tree.ts'
import type { Node } from '../tree.ts'

/** Whether an expression does nothing but give a value. */
export function isPure(node: Node): boolean {
  const it = bare(node)
  switch (it.type) {
    case 'Identifier':
    case 'Literal':
    case 'ThisExpression':
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return true
    case 'MemberExpression':
      return isPure(it.object) && (!it.computed || isPure(it.property))
    case 'UnaryExpression':
      return it.operator !== 'delete' && isPure(it.argument)
    case 'BinaryExpression':
    case 'LogicalExpression':
      return isPure(it.left) && isPure(it.right)
    case 'ConditionalExpression':
      return isPure(it.test) && isPure(it.consequent) && isPure(it.alternate)
    case 'TemplateLiteral':
      return it.expressions.every(isPure)
    case 'ArrayExpression':
      return it.elements.every((one) => one === null || (one.type !== 'SpreadElement' && isPure(one)))
    case 'ObjectExpression':
      return it.properties.every((one) => one.type === 'Property' && !one.computed && isPure(one.value))
    // All else may do anything.
    default:
      return false
  }
}

/** For a constant whose value is given up: whether evaluating it does nothing else. */
export function isIdle(node: Node): boolean {
  const it = bare(node)
  if (it.type !== 'CallExpression') return isPure(it)
  const called =
    it.callee.type === 'Identifier'
      ? it.callee
      : it.callee.type === 'MemberExpression'
        ? it.callee.property
        : undefined
  const name = called?.type === 'Identifier' ? called.name : ''
  return (
    /^(?:getClient|getGeneratedClient|useOpenFeatureClient)$/.test(name) &&
    it.arguments.every((one) => one.type !== 'SpreadElement' && isPure(one))
  )
}
