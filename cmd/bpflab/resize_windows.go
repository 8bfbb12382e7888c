package main

import "os"

// notifyResize does nothing: a console of Windows sends no signal.
func notifyResize(chan<- os.Signal) {}
