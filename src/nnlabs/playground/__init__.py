"""The playground: a page in the browser on which one sees a network of the lab-2 engine learn; `nnlabs playground`."""
