/**
 * Loaded into a program that knows nothing of its starter (`node --import`): asks it to stop when the
 * starter is gone, however that came about, so that no crash leaves a server behind.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
