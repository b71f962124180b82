# plugins/host_metadata
