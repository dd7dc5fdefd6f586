"""Settings by which idle threads of the services' libraries sleep: the services share a machine's cores."""

SLEEP = {
    "OMP_WAIT_POLICY": "PASSIVE",  # torch's and FAISS's
    "OPENBLAS_THREAD_TIMEOUT": "4",  # numpy's: they spun for tens of milliseconds after every small product
}
