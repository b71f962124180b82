# plugins/output_es
