/**
 * Lint rule for pure packages: time and chance are parameters there, so that a decision can be made
 * again from its recorded facts.
 */
const noClock = {
  create(context) {
    return {
      NewExpression(node) {
        if (node.callee.name === 'Date' && node.arguments.length === 0)
          context.report({ node, message: 'Pure code reads no clock: take `now` as a parameter.' })
      },
      CallExpression(node) {
        const { object, property } = node.callee
        const called = `${object?.name}.${property?.name}`
        if (called === 'Date.now' || called === 'Math.random' || called === 'performance.now')
          context.report({
            node,
            message: `Pure code does not call ${called}: take its answer as a parameter.`,
          })
      },
    }
  },
}

export default { meta: { name: 'pure-time' }, rules: { 'no-clock': noClock } }
